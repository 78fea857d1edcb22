#pragma once

#include "pipelines/base/local_addresses.h"
#include "pipelines/control/to_pipeline.h"

#include <string>
#include <vector>

namespace control {

/// An address of this machine that pipelines take media on.
struct MediaAddress {
    std::string bound;     ///< numeric
    std::string announced; ///< what candidates carry instead: that of a 1:1 NAT, or an alias
    bool operator==(const MediaAddress&) const = default;
};

/// The addresses that pipelines listen on for publishers, as `ice` selects them from `all` of this
/// machine; then 127.0.0.1 when `loopback`, and last the one of the embedded relay. The gateway
/// tests exactly these. Reentrant.
[[nodiscard]] std::vector<MediaAddress>
mediaAddresses(const IceSettings& ice, const std::vector<base::LocalAddress>& all, bool loopback);

} // namespace control
