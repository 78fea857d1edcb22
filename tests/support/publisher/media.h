#pragma once

#include "pipelines/base/result.h"
#include "pipelines/base/units.h"

#include <gst/gst.h>
#include <memory>
#include <string>
#include <vector>

namespace publisher {

enum class VideoCodec { Vp8, H264 };

struct BufferUnref {
    void operator()(GstBuffer* buffer) const noexcept { gst_buffer_unref(buffer); }
};

/// One encoded picture or packet of sound, as a payloader takes it.
struct AccessUnit {
    bool video = false;
    base::Nanoseconds at{0}; ///< from the beginning of the file
    std::unique_ptr<GstBuffer, BufferUnref> data;
};

/// Everything of a file in memory, in the order of its times, so that sending it costs the same
/// each time.
struct Media {
    VideoCodec codec = VideoCodec::Vp8;
    bool hasAudio = false;
    std::string videoCaps;
    std::string audioCaps;
    std::vector<AccessUnit> units;
    base::Nanoseconds duration{0};
};

/// Reads a .webm, .mkv or .mp4 with VP8 or H.264, and Opus or no sound; a .ts with H.264 alone.
/// Blocks while it reads.
base::Result<Media> loadMedia(const std::string& file, bool withAudio);

} // namespace publisher
