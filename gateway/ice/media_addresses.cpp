#include "gateway/ice/media_addresses.h"

#include <algorithm>

namespace ice {

namespace {

bool isV6(const std::string& address) {
    return address.find(':') != std::string::npos;
}

bool isOffered(const control::IceSettings& ice, const base::LocalAddress& local) {
    const auto isIt = [&](const std::string& name) {
        return name == local.interface || name == local.address;
    };
    const bool wanted = ice.interfaces.empty()
                            ? !local.loopback
                            : std::any_of(ice.interfaces.begin(), ice.interfaces.end(), isIt);
    return wanted && (ice.ipv6 || !local.ipv6);
}

} // namespace

std::vector<MediaAddress> mediaAddresses(const control::IceSettings& ice,
                                         const std::vector<base::LocalAddress>& all,
                                         bool loopback) {
    std::vector<MediaAddress> found;
    const auto add = [&](const std::string& address, const std::string& announced) {
        const bool known = std::any_of(found.begin(), found.end(), [&](const MediaAddress& other) {
            return other.bound == address;
        });
        if (!known) {
            found.push_back({address, announced});
        }
    };
    for (const base::LocalAddress& local : all) {
        if (isOffered(ice, local)) {
            const bool mapped = !ice.publicAddress.empty() && !local.loopback &&
                                isV6(ice.publicAddress) == local.ipv6;
            add(local.address, mapped ? ice.publicAddress : local.address);
        }
    }
    if (loopback) {
        add("127.0.0.1", "127.0.0.1");
    }
    if (!ice.mediaAddress.empty()) {
        add(ice.mediaAddress, ice.mediaAlias.empty() ? ice.mediaAddress : ice.mediaAlias);
    }
    return found;
}

} // namespace ice
