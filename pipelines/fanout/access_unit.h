#pragma once

#include "pipelines/base/units.h"
#include "pipelines/gst/ref.h"

#include <cstddef>
#include <cstdint>

namespace fanout {

using base::Media;

/// One encoded access unit: an H.264 frame (Annex B, SPS and PPS in front of each key frame) or
/// one raw AAC frame. A value; the bytes are shared by reference and never written to.
struct AccessUnit {
    Media media = Media::Video;
    gst::Ref<GstBuffer> data;
    base::Nanoseconds time{}; ///< running time; DTS = PTS, there are no B-frames
    base::Nanoseconds duration{};
    bool keyFrame = false; ///< of video; audio is always false
    std::int64_t take = 0;

    [[nodiscard]] std::size_t size() const { return gst_buffer_get_size(data.get()); }
};

/// What the access units of a take look like.
struct Format {
    gst::Ref<GstCaps>
        video; ///< video/x-h264,stream-format=byte-stream,alignment=au,width,height,framerate
    gst::Ref<GstCaps>
        audio; ///< audio/mpeg,mpegversion=4,stream-format=raw,rate,channels,codec_data
};

} // namespace fanout
