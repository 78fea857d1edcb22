#pragma once

#include "pipelines/base/result.h"
#include "pipelines/fanout/access_unit_sink.h"
#include "pipelines/gst/element.h"
#include "pipelines/gst/raw_media.h"
#include "sdp/publish_offer.h"

#include <functional>
#include <string>

namespace ingest {

/// Where the media of a publisher goes. Called on its streaming threads, one of which brings the
/// video and one the audio.
struct MediaHandlers {
    std::function<void(gst::VideoFrame)> onVideoFrame;
    fanout::OnAccessUnit onAccessUnit; ///< of H.264, which is not decoded
    /// With the running time of the first sample.
    std::function<void(base::Nanoseconds, gst::AudioSamples)> onAudio;
};

/// webrtcbin's caps for what is taken of an offered track (application/x-rtp): payload type and
/// header extension ids are the offer's, without which no transport-wide feedback is sent.
std::string receiveCaps(const sdp::OfferedTrack& track);

/// These add a track's way from RTP to the handlers. They return the element that webrtcbin's pad
/// is linked to: a bounded queue that drops the oldest, because webrtcbin's own queues grow without
/// bound. H.264 passes through undecoded; its key frames are the publisher's, who has to be asked.
base::Result<gst::Ref<GstElement>> addVideoTrack(GstBin* pipeline, sdp::Codec codec,
                                                 const MediaHandlers& handlers);
base::Result<gst::Ref<GstElement>> addAudioTrack(GstBin* pipeline, const MediaHandlers& handlers);

} // namespace ingest
