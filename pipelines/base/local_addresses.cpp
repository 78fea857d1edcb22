#include "pipelines/base/local_addresses.h"

#include <algorithm>
#include <arpa/inet.h>
#include <array>
#include <ifaddrs.h>
#include <memory>
#include <net/if.h>
#include <netinet/in.h>

namespace base {

namespace {

/// Empty when it is of no use.
std::string numeric(const sockaddr* address) {
    std::array<char, INET6_ADDRSTRLEN> text{};
    if (address->sa_family == AF_INET) {
        const auto* v4 = reinterpret_cast<const sockaddr_in*>(address);
        return inet_ntop(AF_INET, &v4->sin_addr, text.data(), text.size()) ? text.data() : "";
    }
    if (address->sa_family == AF_INET6) {
        const auto* v6 = reinterpret_cast<const sockaddr_in6*>(address);
        if (IN6_IS_ADDR_LINKLOCAL(&v6->sin6_addr)) {
            return "";
        }
        return inet_ntop(AF_INET6, &v6->sin6_addr, text.data(), text.size()) ? text.data() : "";
    }
    return "";
}

} // namespace

std::vector<LocalAddress> localAddresses() {
    std::vector<LocalAddress> found;
    ifaddrs* list = nullptr;
    if (getifaddrs(&list) != 0) {
        return found;
    }
    const std::unique_ptr<ifaddrs, void (*)(ifaddrs*)> owner(list, freeifaddrs);
    for (const ifaddrs* entry = list; entry != nullptr; entry = entry->ifa_next) {
        const bool up = entry->ifa_addr != nullptr && (entry->ifa_flags & IFF_UP) != 0;
        const std::string address = up ? numeric(entry->ifa_addr) : "";
        const bool known = std::any_of(found.begin(), found.end(), [&](const LocalAddress& other) {
            return other.address == address;
        });
        if (!address.empty() && !known) {
            found.push_back({entry->ifa_name, address, entry->ifa_addr->sa_family == AF_INET6,
                             (entry->ifa_flags & IFF_LOOPBACK) != 0});
        }
    }
    return found;
}

} // namespace base
