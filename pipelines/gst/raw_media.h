#pragma once

#include "pipelines/gst/ref.h"

#include <cstdint>
#include <span>

/// Decoded media on its way from a publisher's pipeline into the encoders'.
namespace gst {

/// One decoded video frame; its timestamp is a running time.
struct VideoFrame {
    Ref<GstBuffer> data;
    Ref<GstCaps> format; ///< video/x-raw
};

/// All audio becomes this before it is encoded.
inline constexpr const char* kPcmCaps =
    "audio/x-raw,format=S16LE,layout=interleaved,rate=48000,channels=2";
/// Of that form.
using AudioSamples = std::span<const std::int16_t>;

} // namespace gst
