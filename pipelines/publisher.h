#pragma once

#include "pipelines/base/loop.h"
#include "pipelines/control/messages.h"
#include "pipelines/gst/bus_watch.h"
#include "pipelines/gst/timebase.h"
#include "pipelines/ingest/peer.h"
#include "pipelines/intake.h"

#include <cstdint>
#include <functional>
#include <memory>
#include <string>

/// All on the main thread, never from inside a call.
struct PublisherEvents {
    std::function<void(base::Result<std::string>)> onAnswer; ///< exactly once
    std::function<void(control::Track)> onTrack;
    std::function<void(const base::Error&)> onLost; ///< it is to be closed
};

/// One publisher of a stream: its session and the way of its media from webrtcbin to its intake, in
/// a pipeline of its own, so that whatever happens to it happens to nobody else. Thread-bound.
class Publisher {
public:
    static base::Result<std::unique_ptr<Publisher>>
    start(const control::Publish& publish, const sdp::PublishOffer& offer, int number,
          const gst::Timebase& timebase, std::shared_ptr<Intake> intake, PublisherEvents events);
    Publisher(const Publisher&) = delete;
    Publisher& operator=(const Publisher&) = delete;
    ~Publisher();

    void addCandidate(int mediaLine, const std::string& candidate);
    void requestKeyFrame();
    /// Once. Ends the session and brings the pipeline down; called back later: true when that is
    /// done, false when it hangs, each of its two steps having had `deadline`. May be destroyed
    /// then.
    void close(base::Milliseconds deadline, std::function<void(bool finished)> onClosed);

    [[nodiscard]] const std::string& session() const { return session_; }
    /// Tells it from the other publishers of the stream.
    [[nodiscard]] int number() const { return number_; }
    [[nodiscard]] std::uint64_t receivedBytes() const { return peer_->receivedBytes(); }
    [[nodiscard]] std::int64_t lostPackets() const { return peer_->lostPackets(); }

private:
    Publisher(std::string session, int number, PublisherEvents events);
    base::Result<void> build(const control::Publish& publish, const sdp::PublishOffer& offer,
                             const gst::Timebase& timebase, const std::shared_ptr<Intake>& intake);
    ingest::PeerEvents peerEvents(sdp::Codec video);

    const std::string session_;
    const int number_;
    PublisherEvents events_;
    gst::Ref<GstElement> pipeline_;
    gst::BusWatch bus_;
    std::shared_ptr<ingest::Peer> peer_;
};
