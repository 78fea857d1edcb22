#pragma once

#include "gateway/hls/channel.h"
#include "pipelines/base/loop.h"

#include <cstdint>
#include <string>
#include <utility>

namespace streams {

/// What a stream leaves to the next one of its name, whatever became of its process: numbers that
/// must not begin anew, and ports that a player may still listen on. Owned by the registry.
struct Heritage {
    Heritage(std::string segmentDirectory, const hls::Settings& settings)
        : hls(std::move(segmentDirectory), settings) {}

    hls::Channel hls;
    std::int64_t nextTake = 0;
    int videoPort = 0; ///< 0: never had one
    int audioPort = 0;
    int tsPort = 0;
    base::Timer expiry; ///< runs while there is no such stream
};

} // namespace streams
