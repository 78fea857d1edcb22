#pragma once

#include "pipelines/base/units.h"

#include <cstddef>

namespace hls {

/// [hls] of the settings file.
struct Settings {
    base::Milliseconds segment{2000};
    std::size_t window = 6; ///< segments listed in a live playlist
    base::Bitrate ceiling = base::Bitrate::kilobits(2628); ///< of video and audio together
};

} // namespace hls
