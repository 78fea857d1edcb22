#pragma once

#include "pipelines/control/to_pipeline.h"
#include "pipelines/fanout/access_unit_sink.h"

namespace encode {

/// Adds the one H.264 encoder of a stream to the pipeline, and everything from decoded video frames
/// to access units: a fixed canvas, a constant frame rate, the encoder. Returns the sink pad's
/// owner, an element that decoded video/x-raw is linked to. Key frames come every GOP, and twice as
/// often in the first two so that the first HLS segment is early.
base::Result<gst::Ref<GstElement>> addVideoEncoder(GstBin* pipeline,
                                                   const control::VideoSettings& settings,
                                                   fanout::OnAccessUnit onUnit);

/// When the n-th frame of a take must be a key frame.
bool isKeyFrameDue(std::int64_t frame, std::int64_t framesPerGop);

} // namespace encode
