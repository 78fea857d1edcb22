#pragma once

#include "pipelines/control/to_pipeline.h"
#include "pipelines/encode/unit_sink.h"

namespace encode {

/// Adds the one H.264 encoder of a stream to the pipeline, and everything from decoded pictures to
/// access units: a fixed canvas, a constant frame rate, the encoder. Returns the sink pad's owner,
/// an element that decoded video/x-raw is linked to. Key frames come every GOP, and twice as often
/// in the first two so that the first HLS segment is early.
base::Result<gst::Ref<GstElement>>
addVideoEncoder(GstBin* pipeline, const control::VideoSettings& settings, UnitHandlers handlers);

/// Adds h264parse and the sink for H.264 that passes through undecoded; returns the element that
/// video/x-h264 is linked to. Key frames are the publisher's: whoever builds this asks for them.
base::Result<gst::Ref<GstElement>> addPassthrough(GstBin* pipeline, UnitHandlers handlers);

/// When the n-th picture of a take must be a key frame.
bool isKeyFrameDue(std::int64_t picture, std::int64_t picturesPerGop);

} // namespace encode
