#pragma once

#include "gateway/streams/config.h"
#include "pipelines/base/local_addresses.h"

#include <string>
#include <vector>

namespace ice {

/// An address of this machine that pipelines take media on.
struct MediaAddress {
    std::string bound;     ///< numeric
    std::string announced; ///< what candidates carry instead: that of a 1:1 NAT, or an alias
    bool operator==(const MediaAddress&) const = default;
};

/// As [ice] of the settings has them, of those that the machine has; 127.0.0.1 when `loopback`, and
/// last the one of the embedded relay. Reentrant.
[[nodiscard]] std::vector<MediaAddress> mediaAddresses(const control::IceSettings& ice,
                                                       const std::vector<base::LocalAddress>& all,
                                                       bool loopback);

/// Both ends belong to it; 0 to 0: any free port.
struct PortRange {
    int first = 0;
    int last = 0;
    bool operator==(const PortRange&) const = default;
};

/// [ice] ports.
[[nodiscard]] inline PortRange mediaPorts(const control::IceSettings& ice) {
    return {ice.firstPort, ice.lastPort};
}

} // namespace ice
