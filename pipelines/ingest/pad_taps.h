#pragma once

#include "pipelines/ingest/media_gate.h"
#include "pipelines/ingest/peer.h"

#include <array>
#include <functional>
#include <memory>
#include <mutex>
#include <vector>

namespace ingest {

/// What webrtcbin's threads touch: fixed at the start, or behind the mutex. Shared with the signal
/// closures.
struct PadTaps {
    PeerInputs inputs;
    std::shared_ptr<MediaGate> gate;
    std::function<void(sdp::MediaKind)> onTrack; ///< posts
    std::mutex mutex;
    std::vector<gst::Ref<GstElement>> jitterBuffers;
    std::array<gst::Ref<GstPad>, 2> pads; ///< video, audio

    /// On webrtcbin's thread.
    void link(GstPad* pad);
    void linkToNowhere(GstPad* pad);
    gst::Ref<GstPad> videoPad();
};

} // namespace ingest
