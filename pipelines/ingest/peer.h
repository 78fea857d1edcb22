#pragma once

#include "pipelines/base/loop.h"
#include "pipelines/base/result.h"
#include "pipelines/gst/element.h"
#include "pipelines/ingest/ice_agent.h"
#include "sdp/publish_offer.h"

#include <cstdint>
#include <functional>
#include <memory>
#include <string>

namespace ingest {

class MediaGate;
class Negotiation;

/// A live source: media flows into these elements of the core pipeline.
struct PeerInputs {
    gst::Ref<GstElement> video;
    gst::Ref<GstElement> audio; ///< empty when the offer has no audio
};

/// All on the main thread, never from inside a call.
struct PeerEvents {
    std::function<void(base::Result<std::string>)> onAnswer; ///< exactly once
    std::function<void(sdp::MediaKind)> onTrack;
    std::function<void(const base::Error&)> onLost; ///< at most once: failed, silent or refused
};

/// One publisher's WebRTC session: webrtcbin and its signalling, nothing of what becomes of the
/// media. Owned by the core of a stream. Thread-bound.
class Peer : public std::enable_shared_from_this<Peer> {
public:
    /// Adds webrtcbin to the pipeline, which plays, and begins to negotiate.
    static base::Result<std::shared_ptr<Peer>> start(GstBin* pipeline,
                                                     const sdp::PublishOffer& offer,
                                                     const control::IceSettings& ice, bool loopback,
                                                     PeerInputs inputs, PeerEvents events);

    /// A trickled candidate; one that can't help is discarded without a word (RFC 9725
    /// section 4.3.2).
    void addCandidate(int mediaLine, const std::string& candidate);
    /// Asks the publisher for a key frame (PLI, or FIR where it takes that).
    void requestKeyFrame();
    /// No media passes any more; calls back when the pipeline may be stopped.
    void close(std::function<void()> onIdle);

    [[nodiscard]] std::uint64_t receivedBytes() const;
    /// RTP packets that did not come in time, retransmission included.
    [[nodiscard]] std::int64_t lostPackets() const;

private:
    struct Watch;
    struct Taps;

    Peer(PeerInputs inputs, PeerEvents events);

    base::Result<void> build(GstBin* pipeline, const sdp::PublishOffer& offer,
                             const control::IceSettings& ice, bool loopback);
    base::Result<void> addTransceivers(const sdp::PublishOffer& offer);
    void connectSignals();
    void watchTransport();
    void onPad(GstPad* pad);
    void onConnectionState();
    void checkSilence();
    void lose(base::Error reason);

    PeerInputs inputs_;
    PeerEvents events_;
    gst::Ref<GstElement> webrtcbin_;
    std::shared_ptr<MediaGate> gate_;
    std::shared_ptr<Negotiation> negotiation_;
    std::unique_ptr<Taps> taps_;
    std::unique_ptr<Watch> watch_;
};

} // namespace ingest
