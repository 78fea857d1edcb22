#pragma once

#include "pipelines/base/loop.h"
#include "pipelines/base/result.h"
#include "pipelines/control/messages.h"
#include "pipelines/gst/bus_watch.h"
#include "pipelines/gst/element.h"
#include "pipelines/gst/timebase.h"
#include "pipelines/ingest/media_gate.h"
#include "pipelines/ingest/negotiation.h"
#include "pipelines/ingest/pad_linker.h"
#include "pipelines/ingest/tracks.h"
#include "sdp/publish_offer.h"

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

namespace ingest {

/// One publisher of a stream: its WebRTC session and the way of its media from webrtcbin to decoded
/// frames, or to access units that pass through, in a pipeline of its own, so that whatever happens
/// to it happens to nobody else. Answers the offer and reports the tracks to the gateway itself.
/// Thread-bound.
class Publisher : public std::enable_shared_from_this<Publisher> {
public:
    /// `onLost` is called on the main thread, never from inside a call: the publisher failed, fell
    /// silent, was refused or could not be answered, and is to be closed.
    static base::Result<std::shared_ptr<Publisher>>
    start(const control::Publish& publish, const sdp::PublishOffer& offer,
          const gst::Timebase& timebase, MediaHandlers media, control::Send send,
          std::function<void(const base::Error&)> onLost);
    Publisher(const Publisher&) = delete;
    Publisher& operator=(const Publisher&) = delete;

    /// A trickled candidate; one that can't help is discarded without a word (RFC 9725
    /// section 4.3.2).
    void addCandidate(int mediaLine, const std::string& candidate);
    /// Asks the publisher for a key frame (PLI, or FIR where it takes that).
    void requestKeyFrame();
    /// Once. No media passes any more, and the pipeline is brought down; called back later: true
    /// when that is done, false when it hangs, each of its two steps having had `deadline`.
    void close(base::Milliseconds deadline, std::function<void(bool finished)> onClosed);

    [[nodiscard]] const std::string& session() const { return session_; }
    [[nodiscard]] std::uint64_t receivedBytes() const { return gate_->bytes(); }
    /// RTP packets that did not come in time, retransmission included.
    [[nodiscard]] std::int64_t lostPackets() const { return pads_->lostPackets(); }

private:
    /// The watchdog's memory.
    struct Watch {
        base::Timer timer;
        std::uint64_t bytes = 0;
        base::Milliseconds silent{0};
    };

    Publisher(std::string session, control::Send send,
              std::function<void(const base::Error&)> onLost);

    base::Result<void> build(const control::Publish& publish, const sdp::PublishOffer& offer,
                             const gst::Timebase& timebase, const MediaHandlers& media);
    base::Result<void> addTracks(const sdp::PublishOffer& offer, const MediaHandlers& media);
    base::Result<void> addWebrtcbin(const control::Publish& publish,
                                    const sdp::PublishOffer& offer);
    base::Result<void> addTransceivers(const sdp::PublishOffer& offer);
    void connectSignals();
    void watchTransport();
    void onAnswer(const base::Result<std::string>& answer);
    void onTrack(sdp::MediaKind kind, sdp::Codec videoCodec);
    void onConnectionState();
    void checkSilence();
    void lose(base::Error reason);
    void shut();

    const std::string session_;
    const control::Send send_;
    const std::function<void(const base::Error&)> onLost_;
    gst::Ref<GstElement> pipeline_;
    gst::BusWatch bus_;
    gst::Ref<GstElement> webrtcbin_;
    std::shared_ptr<MediaGate> gate_;
    std::shared_ptr<PadLinker> pads_;
    std::vector<gst::Connection> connections_;
    std::shared_ptr<Negotiation> negotiation_;
    Watch watch_;
    bool lost_ = false;
};

} // namespace ingest
