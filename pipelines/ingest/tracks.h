#pragma once

#include "pipelines/base/result.h"
#include "pipelines/gst/element.h"
#include "sdp/publish_offer.h"

#include <string>

namespace ingest {

/// webrtcbin's caps for what is taken of an offered track (application/x-rtp): payload type and
/// header extension ids are the offer's, without which no transport-wide feedback is sent.
std::string receiveCaps(const sdp::OfferedTrack& track);

/// Adds a track's way from RTP to what encode takes and links it to `next`: decoded pictures or
/// samples, or H.264 as it came. Returns the element that webrtcbin's pad is linked to: a bounded
/// queue that drops the oldest, because webrtcbin's own queues grow without bound.
base::Result<gst::Ref<GstElement>> addTrack(GstBin* pipeline, sdp::Codec codec, GstElement* next);

} // namespace ingest
