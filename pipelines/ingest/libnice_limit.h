#pragma once

#include <string>
#include <vector>

namespace ingest {

/// Those of `addresses` that libnice can rank: 0.1.21 aborts on one whose place in its own list of
/// this machine's addresses, `known`, is 64 or more, and on one that is not there when the list is
/// so long. Of more than 64 the first go; the last ones, loopback and media address, stay.
/// Reentrant.
std::vector<std::string> limitForLibnice(const std::vector<std::string>& addresses,
                                         const std::vector<std::string>& known);

/// libnice's own list; empty when libnice is not in this process. Reentrant.
std::vector<std::string> addressesKnownToLibnice();

} // namespace ingest
