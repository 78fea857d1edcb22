#pragma once

#include "pipelines/base/result.h"
#include "pipelines/base/units.h"
#include "pipelines/gst/element.h"

#include <cstdint>
#include <functional>
#include <span>

namespace encode {

/// What all sound becomes before it is encoded.
inline constexpr const char* kPcm =
    "audio/x-raw,format=S16LE,layout=interleaved,rate=48000,channels=2";

/// Interleaved 48 kHz stereo samples and the running time of the first; on a streaming thread.
using OnSound = std::function<void(base::Nanoseconds time, std::span<const std::int16_t> samples)>;

/// Adds what takes a publisher's decoded sound to its pipeline; returns the element that
/// audio/x-raw is linked to.
base::Result<gst::Ref<GstElement>> addSoundInput(GstBin* pipeline, OnSound onSound);

} // namespace encode
