#pragma once

#include "gateway/hls/channel.h"

#include <cstdint>

namespace streams {

/// What a stream leaves to the next one of its name, whatever became of its process: numbers that
/// must not begin anew, and ports that a player may still listen on. Owned by the registry.
struct StreamSlot {
    hls::Channel hls;
    std::int64_t nextTake = 0;
    int videoPort = 0; ///< 0: never had one
    int audioPort = 0;
    int tsPort = 0;
};

} // namespace streams
