#pragma once

#include "pipelines/fanout/access_unit.h"
#include "pipelines/outputs/av_muxer.h"

namespace outputs {

/// What the muxers need to know, out of a format's caps. Fails on caps that no encoder of ours
/// makes.
base::Result<AvMuxer::Audio> audioOf(const fanout::Format& format);
base::PictureSize frameSizeOf(const fanout::Format& format);
/// Of one frame at the format's frame rate; 1/30 s when it has none.
base::Nanoseconds frameDurationOf(const fanout::Format& format);
bool sameAudio(const fanout::Format& one, const fanout::Format& other);
/// Whether a decoder can go on from one to the other within one file.
bool sameParameters(const fanout::Format& one, const fanout::Format& other);

} // namespace outputs
