#pragma once

#include <string>
#include <vector>

namespace base {

/// An address of this host that others may reach, or that is its loopback.
struct LocalAddress {
    std::string interface;
    std::string address; ///< numeric
    bool ipv6 = false;
    bool loopback = false;
};

/// Of the interfaces that are up, in the system's order, each once; no link-local IPv6 ones, which
/// need a zone that neither a candidate nor a URL can carry. Reentrant.
std::vector<LocalAddress> localAddresses();

} // namespace base
