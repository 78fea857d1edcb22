#pragma once

#include "pipelines/gst/element.h"
#include "pipelines/ingest/media_gate.h"
#include "sdp/publish_offer.h"

#include <array>
#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <vector>

namespace ingest {

/// What webrtcbin's threads touch: links its pads, through the gate, to the tracks of the pipeline,
/// and remembers what the main thread asks later. Shared by the publisher and its signal closures;
/// thread-safe.
class PadLinker {
public:
    struct Tracks {
        gst::Ref<GstElement> video;
        gst::Ref<GstElement> audio; ///< empty when the offer has no audio
    };

    /// `onTrack` is called once per track, on webrtcbin's thread.
    PadLinker(Tracks tracks, std::shared_ptr<MediaGate> gate,
              std::function<void(sdp::MediaKind)> onTrack)
        : tracks_(std::move(tracks)), gate_(std::move(gate)), onTrack_(std::move(onTrack)) {}

    void link(GstPad* pad);
    void addJitterBuffer(GstElement* jitterBuffer);

    /// Empty until video arrives.
    [[nodiscard]] gst::Ref<GstPad> videoPad() const;
    /// RTP packets that did not come in time, retransmission included.
    [[nodiscard]] std::int64_t lostPackets() const;

private:
    void linkToNowhere(GstPad* pad) const;

    const Tracks tracks_;
    const std::shared_ptr<MediaGate> gate_;
    const std::function<void(sdp::MediaKind)> onTrack_;
    mutable std::mutex mutex_; ///< guards what follows
    std::vector<gst::Ref<GstElement>> jitterBuffers_;
    std::array<gst::Ref<GstPad>, 2> pads_; ///< video, audio
};

} // namespace ingest
