#pragma once

#include "pipelines/control/media_addresses.h"

namespace ice {

using control::MediaAddress;
using control::mediaAddresses;

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
