#pragma once

#include "pipelines/base/units.h"

#include <cstddef>

namespace hls {

/// [hls] of the settings file.
struct Settings {
    base::Milliseconds segment{2000};
    std::size_t window = 6; ///< segments listed in a live playlist
    /// What the segments of an encoded stream don't exceed; the registry works it out.
    base::Bitrate ceiling = base::Bitrate::kilobits(3400);
};

} // namespace hls
