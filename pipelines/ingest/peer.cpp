#include "pipelines/ingest/peer.h"

#include "pipelines/ingest/media_gate.h"
#include "pipelines/ingest/negotiation.h"
#include "pipelines/ingest/pad_taps.h"
#include "pipelines/ingest/tracks.h"
#include "sdp/candidate.h"

#include <gst/video/video.h>
#include <gst/webrtc/webrtc.h>
#include <mutex>
#include <vector>

namespace ingest {

using base::Error;
using base::fail;
using base::Milliseconds;
using base::Problem;
using base::Result;
using gst::Connection;
using gst::Ref;

namespace {

/// Time for retransmissions; without loss it delays nothing.
constexpr unsigned kJitterMilliseconds = 200;
constexpr unsigned kFastStartPackets = 2;
constexpr Milliseconds kSilenceCheck{500};
/// A browser that died tells nobody: this long without RTP is the end.
constexpr Milliseconds kLongestSilence{5000};
/// From the offer to the first RTP packet: ICE and DTLS on a slow path take some seconds.
constexpr Milliseconds kConnectDeadline{12000};

Ref<GObject> transceiverAt(GstElement* webrtcbin, int index) {
    GObject* transceiver = nullptr;
    g_signal_emit_by_name(webrtcbin, "get-transceiver", index, &transceiver);
    return Ref<GObject>::adopt(transceiver);
}

} // namespace

struct Peer::Taps {
    std::shared_ptr<PadTaps> shared = std::make_shared<PadTaps>();
    std::vector<Connection> connections;
};

/// The watchdog's memory.
struct Peer::Watch {
    base::Timer timer;
    std::uint64_t bytes = 0;
    Milliseconds silent{0};
    bool lost = false;
};

Result<std::shared_ptr<Peer>> Peer::start(GstBin* pipeline, const sdp::PublishOffer& offer,
                                          const control::IceSettings& ice, bool loopback,
                                          PeerInputs inputs, PeerEvents events) {
    std::shared_ptr<Peer> peer(new Peer(std::move(inputs), std::move(events)));
    if (auto built = peer->build(pipeline, offer, ice, loopback); !built) {
        return fail(built.error());
    }
    return peer;
}

Peer::Peer(PeerInputs inputs, PeerEvents events)
    : inputs_(std::move(inputs)), events_(std::move(events)), taps_(std::make_unique<Taps>()),
      watch_(std::make_unique<Watch>()) {}

Result<void> Peer::build(GstBin* pipeline, const sdp::PublishOffer& offer,
                         const control::IceSettings& ice, bool loopback) {
    auto made = gst::makeElement(
        "webrtcbin", {{"bundle-policy", "max-bundle"}, {"latency", kJitterMilliseconds}});
    if (!made) {
        return fail(made.error());
    }
    webrtcbin_ = *made;
    if (auto set = setUpIce(webrtcbin_.get(), ice, loopback); !set) {
        return set;
    }
    const std::weak_ptr<Peer> weak = weak_from_this();
    gate_ = std::make_shared<MediaGate>(offer.transport.fingerprint, [weak] {
        base::post([weak] {
            if (const auto self = weak.lock()) {
                self->lose({Problem::Forbidden,
                            "the publisher's DTLS certificate is not the one its offer named"});
            }
        });
    });
    connectSignals();
    if (!gst_bin_add(pipeline, webrtcbin_.get()) ||
        !gst_element_sync_state_with_parent(webrtcbin_.get())) {
        return fail(Problem::Internal, "webrtcbin does not start");
    }
    if (auto added = addTransceivers(offer); !added) {
        return added;
    }
    negotiation_ = Negotiation::start(
        webrtcbin_, offer, ice, loopback, [this] { watchTransport(); },
        [this](Result<std::string> answer) { events_.onAnswer(std::move(answer)); });
    watch_->timer = base::Timer::every(kSilenceCheck, [this] { checkSilence(); });
    return {};
}

/// 1.22 makes none by itself that keep the header extensions, and preferences set later are lost.
Result<void> Peer::addTransceivers(const sdp::PublishOffer& offer) {
    for (const sdp::OfferedTrack* track : offer.tracks()) {
        const auto caps = Ref<GstCaps>::adopt(gst_caps_from_string(receiveCaps(*track).c_str()));
        GObject* added = nullptr;
        g_signal_emit_by_name(webrtcbin_.get(), "add-transceiver",
                              GST_WEBRTC_RTP_TRANSCEIVER_DIRECTION_RECVONLY, caps.get(), &added);
        const auto transceiver = Ref<GObject>::adopt(added);
        if (!transceiver) {
            return fail(Problem::Internal, "webrtcbin takes no transceiver");
        }
        if (auto set = gst::setProperty(transceiver.get(),
                                        {"do-nack", track->kind == sdp::MediaKind::video});
            !set) {
            return set;
        }
    }
    return {};
}

void Peer::connectSignals() {
    const std::weak_ptr<Peer> weak = weak_from_this();
    const std::shared_ptr<PadTaps>& taps = taps_->shared;
    taps->inputs = inputs_;
    taps->gate = gate_;
    taps->onTrack = [weak](sdp::MediaKind kind) {
        base::post([weak, kind] {
            if (const auto self = weak.lock()) {
                self->events_.onTrack(kind);
            }
        });
    };
    const auto look = [weak](GParamSpec*) {
        base::post([weak] {
            if (const auto self = weak.lock()) {
                self->onConnectionState();
            }
        });
    };
    taps_->connections.push_back(Connection::make<void, GstPad*>(
        webrtcbin_.get(), "pad-added", [taps](GstPad* pad) { taps->link(pad); }));
    taps_->connections.push_back(
        Connection::make<void, GParamSpec*>(webrtcbin_.get(), "notify::connection-state", look));
    taps_->connections.push_back(Connection::make<void, GParamSpec*>(
        webrtcbin_.get(), "notify::ice-connection-state", look));
    const auto rtpbin =
        Ref<GstElement>::adopt(gst_bin_get_by_name(GST_BIN(webrtcbin_.get()), "rtpbin"));
    taps_->connections.push_back(Connection::make<void, GstElement*, guint, guint>(
        rtpbin.get(), "new-jitterbuffer", [taps](GstElement* jitterBuffer, guint, guint) {
            // Else the first packets wait for the whole jitter time, in case earlier ones were
            // overtaken.
            (void)gst::setProperty(G_OBJECT(jitterBuffer),
                                   {"faststart-min-packets", kFastStartPackets});
            const std::lock_guard lock(taps->mutex);
            taps->jitterBuffers.push_back(Ref<GstElement>::retain(jitterBuffer));
        }));
}

/// With max-bundle every transceiver has the one transport.
void Peer::watchTransport() {
    const auto transceiver = transceiverAt(webrtcbin_.get(), 0);
    const auto receiver =
        transceiver ? gst::getObject(transceiver.get(), "receiver") : Ref<GObject>();
    if (receiver) {
        gate_->watch(gst::getObject(receiver.get(), "transport"));
    }
}

void Peer::onConnectionState() {
    GstWebRTCPeerConnectionState connection{};
    GstWebRTCICEConnectionState ice{};
    g_object_get(webrtcbin_.get(), "connection-state", &connection, "ice-connection-state", &ice,
                 nullptr);
    if (ice == GST_WEBRTC_ICE_CONNECTION_STATE_FAILED) {
        lose({Problem::PeerLost, "no network path to the publisher works (ICE failed)"});
    } else if (connection == GST_WEBRTC_PEER_CONNECTION_STATE_FAILED) {
        lose({Problem::PeerLost, "the publisher's connection failed"});
    } else if (connection == GST_WEBRTC_PEER_CONNECTION_STATE_CLOSED) {
        lose({Problem::PeerLost, "the publisher closed the connection"});
    }
}

void Peer::checkSilence() {
    const std::uint64_t bytes = gate_->bytes();
    watch_->silent = bytes == watch_->bytes ? watch_->silent + kSilenceCheck : Milliseconds(0);
    watch_->bytes = bytes;
    if (bytes == 0 && watch_->silent >= kConnectDeadline) {
        lose({Problem::Timeout,
              "the publisher did not connect within 12 s: its network, a firewall or a "
              "NAT lets no UDP through to this server"});
    } else if (bytes != 0 && watch_->silent >= kLongestSilence) {
        lose({Problem::Timeout, "the publisher sent nothing for 5 s"});
    }
}

void Peer::lose(Error reason) {
    if (watch_->lost) {
        return;
    }
    watch_->lost = true;
    watch_->timer.stop();
    gate_->shut();
    base::post([weak = weak_from_this(), reason = std::move(reason)] {
        if (const auto self = weak.lock()) {
            self->events_.onLost(reason);
        }
    });
}

void Peer::addCandidate(int mediaLine, const std::string& candidate) {
    const auto parsed = sdp::Candidate::parse(candidate);
    if (!watch_->lost && parsed && parsed->isUsable()) {
        const std::string text = "candidate:" + parsed->print();
        g_signal_emit_by_name(webrtcbin_.get(), "add-ice-candidate", static_cast<guint>(mediaLine),
                              text.c_str());
    }
}

void Peer::requestKeyFrame() {
    if (const auto pad = taps_->shared->videoPad()) {
        gst_pad_send_event(
            pad.get(), gst_video_event_new_upstream_force_key_unit(GST_CLOCK_TIME_NONE, TRUE, 0));
    }
}

void Peer::close(std::function<void()> onIdle) {
    watch_->lost = true;
    watch_->timer.stop();
    gate_->shut();
    negotiation_->cancel(std::move(onIdle));
}

std::uint64_t Peer::receivedBytes() const {
    return gate_->bytes();
}

std::int64_t Peer::lostPackets() const {
    const std::lock_guard lock(taps_->shared->mutex);
    std::int64_t lost = 0;
    for (const auto& jitterBuffer : taps_->shared->jitterBuffers) {
        GstStructure* stats = nullptr;
        g_object_get(jitterBuffer.get(), "stats", &stats, nullptr);
        const gst::UniqueStructure owner(stats);
        guint64 count = 0;
        if (stats != nullptr && gst_structure_get_uint64(stats, "num-lost", &count)) {
            lost += static_cast<std::int64_t>(count);
        }
    }
    return lost;
}

} // namespace ingest
