#pragma once

#include <string>
#include <vector>

namespace ingest {

/// Numeric addresses of this host that a publisher may reach: no link-local ones (they need a zone that
/// a candidate can't carry); 127.0.0.1 last and only when asked for.
std::vector<std::string> localAddresses(bool loopback);

} // namespace ingest
