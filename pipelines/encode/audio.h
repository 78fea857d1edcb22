#pragma once

#include "pipelines/base/units.h"
#include "pipelines/control/to_pipeline.h"
#include "pipelines/fanout/access_unit_sink.h"
#include "pipelines/gst/raw_media.h"

namespace encode {

/// Adds the one AAC encoder of a stream to the pipeline. Returns its appsrc, which takes
/// audioBuffer()s. What it makes at once (its format is known from that) belongs before any video.
base::Result<gst::Ref<GstElement>> addAudioEncoder(GstBin* pipeline,
                                                   const control::AudioSettings& settings,
                                                   fanout::OnAccessUnit onUnit);

/// AudioTimeline::kBlock frames for that appsrc, and the running time of the first.
gst::Ref<GstBuffer> audioBuffer(base::Nanoseconds time, gst::AudioSamples samples);

} // namespace encode
