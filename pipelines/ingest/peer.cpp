#include "pipelines/ingest/peer.h"

#include "pipelines/ingest/local_addresses.h"
#include "pipelines/ingest/media_gate.h"
#include "pipelines/ingest/negotiation.h"
#include "pipelines/ingest/tracks.h"
#include "sdp/candidate.h"

#include <array>
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

template <class T>
Ref<T> getObject(gpointer object, const char* property) {
    T* value = nullptr;
    g_object_get(object, property, &value, nullptr);
    return Ref<T>::adopt(value);
}

Ref<GObject> transceiverAt(GstElement* webrtcbin, int index) {
    GObject* transceiver = nullptr;
    g_signal_emit_by_name(webrtcbin, "get-transceiver", index, &transceiver);
    return Ref<GObject>::adopt(transceiver);
}

/// Host candidates over UDP only: UPnP costs 200 ms and opens ports nobody asked for.
Result<void> setUpIce(GstElement* webrtcbin, bool loopback) {
    const auto ice = getObject<GObject>(webrtcbin, "ice-agent");
    if (!ice) {
        return fail(Problem::MissingPackage,
                    "webrtcbin has no ICE agent: install the Debian package gstreamer1.0-nice");
    }
    const auto agent = getObject<GObject>(ice.get(), "agent");
    for (GObject* object : {ice.get(), agent.get()}) {
        if (auto set = gst::setProperty(object, {"ice-tcp", false}); !set) {
            return set;
        }
    }
    for (const gst::Property& property :
         {gst::Property{"upnp", false}, gst::Property{"keepalive-conncheck", true}}) {
        if (auto set = gst::setProperty(agent.get(), property); !set) {
            return set;
        }
    }
    for (const std::string& address : localAddresses(loopback)) {
        gboolean added = FALSE;
        g_signal_emit_by_name(ice.get(), "add-local-ip-address", address.c_str(), &added);
    }
    return {};
}

} // namespace

/// What webrtcbin's threads touch: fixed at the start, or behind the mutex. Shared with the signal closures.
struct PadTaps {
    PeerInputs inputs;
    std::shared_ptr<MediaGate> gate;
    std::function<void(sdp::MediaKind)> onTrack; ///< posts
    std::mutex mutex;
    std::vector<Ref<GstElement>> jitterBuffers;
    std::array<Ref<GstPad>, 2> pads; ///< video, audio

    void link(GstPad* pad);
    void linkToNowhere(GstPad* pad);
    Ref<GstPad> videoPad() {
        const std::lock_guard lock(mutex);
        return pads[0];
    }
};

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

void PadTaps::link(GstPad* pad) {
    if (!GST_PAD_IS_SRC(pad)) {
        return;
    }
    MediaGate::install(gate, pad);
    const auto caps = Ref<GstCaps>::adopt(gst_pad_get_current_caps(pad));
    const char* media =
        caps ? gst_structure_get_string(gst_caps_get_structure(caps.get(), 0), "media") : nullptr;
    const bool video = g_strcmp0(media, "video") == 0;
    const Ref<GstElement>& input = video ? inputs.video : inputs.audio;
    {
        const std::lock_guard lock(mutex);
        Ref<GstPad>& known = pads[video ? 0 : 1];
        if (!input || known) {
            linkToNowhere(pad); // simulcast layers and the like
            return;
        }
        known = Ref<GstPad>::retain(pad);
    }
    const auto sink = Ref<GstPad>::adopt(gst_element_get_static_pad(input.get(), "sink"));
    gst_pad_link(pad, sink.get());
    onTrack(video ? sdp::MediaKind::video : sdp::MediaKind::audio);
}

/// A pad without a peer would end the whole transport with "not linked".
void PadTaps::linkToNowhere(GstPad* pad) {
    auto nowhere = gst::makeElement("fakesink", {{"sync", false}, {"async", false}});
    const auto pipeline = Ref<GstObject>::adopt(gst_object_get_parent(GST_OBJECT(inputs.video.get())));
    if (nowhere && pipeline && gst_bin_add(GST_BIN(pipeline.get()), nowhere->get())) {
        gst_element_sync_state_with_parent(nowhere->get());
        const auto sink = Ref<GstPad>::adopt(gst_element_get_static_pad(nowhere->get(), "sink"));
        gst_pad_link(pad, sink.get());
    }
}

Result<std::shared_ptr<Peer>> Peer::start(GstBin* pipeline, const sdp::PublishOffer& offer, bool loopback,
                                          PeerInputs inputs, PeerEvents events) {
    std::shared_ptr<Peer> peer(new Peer(std::move(inputs), std::move(events)));
    if (auto built = peer->build(pipeline, offer, loopback); !built) {
        return fail(built.error());
    }
    return peer;
}

Peer::Peer(PeerInputs inputs, PeerEvents events)
    : inputs_(std::move(inputs)), events_(std::move(events)), taps_(std::make_unique<Taps>()),
      watch_(std::make_unique<Watch>()) {}

Result<void> Peer::build(GstBin* pipeline, const sdp::PublishOffer& offer, bool loopback) {
    auto made = gst::makeElement("webrtcbin", {{"bundle-policy", "max-bundle"}, {"latency", kJitterMilliseconds}});
    if (!made) {
        return fail(made.error());
    }
    webrtcbin_ = *made;
    if (auto ice = setUpIce(webrtcbin_.get(), loopback); !ice) {
        return ice;
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
    if (!gst_bin_add(pipeline, webrtcbin_.get()) || !gst_element_sync_state_with_parent(webrtcbin_.get())) {
        return fail(Problem::Internal, "webrtcbin does not start");
    }
    if (auto added = addTransceivers(offer); !added) {
        return added;
    }
    negotiation_ = Negotiation::start(
        webrtcbin_, offer, [this] { watchTransport(); },
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
        if (auto set = gst::setProperty(transceiver.get(), {"do-nack", track->kind == sdp::MediaKind::video});
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
    taps_->connections.push_back(
        Connection::make<void, GstPad*>(webrtcbin_.get(), "pad-added", [taps](GstPad* pad) { taps->link(pad); }));
    taps_->connections.push_back(
        Connection::make<void, GParamSpec*>(webrtcbin_.get(), "notify::connection-state", look));
    taps_->connections.push_back(
        Connection::make<void, GParamSpec*>(webrtcbin_.get(), "notify::ice-connection-state", look));
    const auto rtpbin = Ref<GstElement>::adopt(gst_bin_get_by_name(GST_BIN(webrtcbin_.get()), "rtpbin"));
    taps_->connections.push_back(Connection::make<void, GstElement*, guint, guint>(
        rtpbin.get(), "new-jitterbuffer", [taps](GstElement* jitterBuffer, guint, guint) {
            // Else the first packets wait for the whole jitter time, in case earlier ones were overtaken.
            (void)gst::setProperty(G_OBJECT(jitterBuffer), {"faststart-min-packets", kFastStartPackets});
            const std::lock_guard lock(taps->mutex);
            taps->jitterBuffers.push_back(Ref<GstElement>::retain(jitterBuffer));
        }));
}

/// With max-bundle every transceiver has the one transport.
void Peer::watchTransport() {
    const auto transceiver = transceiverAt(webrtcbin_.get(), 0);
    const auto receiver = transceiver ? getObject<GObject>(transceiver.get(), "receiver") : Ref<GObject>();
    if (receiver) {
        gate_->watch(getObject<GObject>(receiver.get(), "transport"));
    }
}

void Peer::onConnectionState() {
    GstWebRTCPeerConnectionState connection{};
    GstWebRTCICEConnectionState ice{};
    g_object_get(webrtcbin_.get(), "connection-state", &connection, "ice-connection-state", &ice, nullptr);
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
        lose({Problem::Timeout, "the publisher did not connect within 12 s: its network, a firewall or a "
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
        g_signal_emit_by_name(webrtcbin_.get(), "add-ice-candidate", static_cast<guint>(mediaLine), text.c_str());
    }
}

void Peer::requestKeyFrame() {
    if (const auto pad = taps_->shared->videoPad()) {
        gst_pad_send_event(pad.get(), gst_video_event_new_upstream_force_key_unit(GST_CLOCK_TIME_NONE, TRUE, 0));
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
