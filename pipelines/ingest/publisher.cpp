#include "pipelines/ingest/publisher.h"

#include "pipelines/gst/teardown.h"
#include "pipelines/ingest/ice_agent.h"
#include "sdp/candidate.h"

#include <gst/video/video.h>
#include <gst/webrtc/webrtc.h>
#include <utility>

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
constexpr Milliseconds kTeardownDeadline{3000};

Ref<GObject> transceiverAt(GstElement* webrtcbin, int index) {
    GObject* transceiver = nullptr;
    g_signal_emit_by_name(webrtcbin, "get-transceiver", index, &transceiver);
    return Ref<GObject>::adopt(transceiver);
}

const char* nameOf(sdp::Codec codec) {
    return codec == sdp::Codec::Vp8 ? "VP8" : codec == sdp::Codec::H264 ? "H264" : "Opus";
}

/// The end of a publisher, which may outlive it. Shared by the steps on the way.
struct Closing {
    std::function<void(bool)> onClosed;
    base::Timer deadline;

    void finish(bool finished) {
        if (onClosed) {
            deadline.stop();
            std::exchange(onClosed, nullptr)(finished);
        }
    }
};

} // namespace

Result<std::shared_ptr<Publisher>> Publisher::start(const control::Publish& publish,
                                                    const sdp::PublishOffer& offer,
                                                    const gst::Timebase& timebase,
                                                    MediaHandlers media, control::Send send,
                                                    std::function<void(const Error&)> onLost) {
    std::shared_ptr<Publisher> made(
        new Publisher(publish.session, std::move(send), std::move(onLost)));
    if (auto built = made->build(publish, offer, timebase, media); !built) {
        gst::teardown(made->pipeline_, kTeardownDeadline, [](bool) {});
        return fail(built.error());
    }
    return made;
}

Publisher::Publisher(std::string session, control::Send send,
                     std::function<void(const Error&)> onLost)
    : session_(std::move(session)), send_(std::move(send)), onLost_(std::move(onLost)),
      pipeline_(Ref<GstElement>::sink(gst_pipeline_new("publisher"))) {}

Result<void> Publisher::build(const control::Publish& publish, const sdp::PublishOffer& offer,
                              const gst::Timebase& timebase, const MediaHandlers& media) {
    const std::weak_ptr<Publisher> weak = weak_from_this();
    gate_ = std::make_shared<MediaGate>(offer.transport.fingerprint, [weak] {
        base::post([weak] {
            if (const auto self = weak.lock()) {
                self->lose({Problem::Forbidden,
                            "the publisher's DTLS certificate is not the one its offer named"});
            }
        });
    });
    if (auto added = addTracks(offer, media); !added) {
        return added;
    }
    timebase.applyTo(GST_PIPELINE(pipeline_.get()));
    bus_ = gst::BusWatch(pipeline_.get(), [this](const Error& error) { lose(error); });
    if (gst_element_set_state(pipeline_.get(), GST_STATE_PLAYING) == GST_STATE_CHANGE_FAILURE) {
        return fail(Problem::Internal, "the publisher's pipeline does not start");
    }
    if (auto added = addWebrtcbin(publish, offer); !added) {
        return added;
    }
    negotiation_ = Negotiation::start(
        webrtcbin_, offer, publish.ice, publish.loopback, [this] { watchTransport(); },
        [this](const Result<std::string>& answer) { onAnswer(answer); });
    watch_.timer = base::Timer::every(kSilenceCheck, [this] { checkSilence(); });
    return {};
}

Result<void> Publisher::addTracks(const sdp::PublishOffer& offer, const MediaHandlers& media) {
    GstBin* bin = GST_BIN(pipeline_.get());
    auto video = addVideoTrack(bin, offer.video.codec, media);
    auto audio = offer.audio ? addAudioTrack(bin, media) : Ref<GstElement>();
    for (auto* added : {&video, &audio}) {
        if (!*added) {
            return fail(added->error());
        }
    }
    pads_ = std::make_shared<PadLinker>(
        PadLinker::Tracks{*video, *audio}, gate_,
        [weak = weak_from_this(), codec = offer.video.codec](sdp::MediaKind kind) {
            base::post([weak, kind, codec] {
                if (const auto self = weak.lock()) {
                    self->onTrack(kind, codec);
                }
            });
        });
    return {};
}

Result<void> Publisher::addWebrtcbin(const control::Publish& publish,
                                     const sdp::PublishOffer& offer) {
    auto made = gst::makeElement(
        "webrtcbin", {{"bundle-policy", "max-bundle"}, {"latency", kJitterMilliseconds}});
    if (!made) {
        return fail(made.error());
    }
    webrtcbin_ = *made;
    if (auto set = setUpIce(webrtcbin_.get(), publish.ice, publish.loopback); !set) {
        return set;
    }
    connectSignals();
    if (!gst_bin_add(GST_BIN(pipeline_.get()), webrtcbin_.get()) ||
        !gst_element_sync_state_with_parent(webrtcbin_.get())) {
        return fail(Problem::Internal, "webrtcbin does not start");
    }
    return addTransceivers(offer);
}

/// 1.22 makes none by itself that keep the header extensions, and preferences set later are lost.
Result<void> Publisher::addTransceivers(const sdp::PublishOffer& offer) {
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
                                        {"do-nack", track->kind == sdp::MediaKind::Video});
            !set) {
            return set;
        }
    }
    return {};
}

void Publisher::connectSignals() {
    const auto look = [weak = weak_from_this()](GParamSpec*) {
        base::post([weak] {
            if (const auto self = weak.lock()) {
                self->onConnectionState();
            }
        });
    };
    connections_.push_back(Connection::make<void, GstPad*>(
        webrtcbin_.get(), "pad-added", [pads = pads_](GstPad* pad) { pads->link(pad); }));
    connections_.push_back(
        Connection::make<void, GParamSpec*>(webrtcbin_.get(), "notify::connection-state", look));
    connections_.push_back(Connection::make<void, GParamSpec*>(
        webrtcbin_.get(), "notify::ice-connection-state", look));
    const auto rtpbin =
        Ref<GstElement>::adopt(gst_bin_get_by_name(GST_BIN(webrtcbin_.get()), "rtpbin"));
    connections_.push_back(Connection::make<void, GstElement*, guint, guint>(
        rtpbin.get(), "new-jitterbuffer", [pads = pads_](GstElement* jitterBuffer, guint, guint) {
            // Else the first packets wait for the whole jitter time, in case earlier ones were
            // overtaken.
            (void)gst::setProperty(G_OBJECT(jitterBuffer),
                                   {"faststart-min-packets", kFastStartPackets});
            pads->addJitterBuffer(jitterBuffer);
        }));
}

/// With max-bundle every transceiver has the one transport.
void Publisher::watchTransport() {
    const auto transceiver = transceiverAt(webrtcbin_.get(), 0);
    const auto receiver =
        transceiver ? gst::getObject(transceiver.get(), "receiver") : Ref<GObject>();
    if (receiver) {
        gate_->watch(gst::getObject(receiver.get(), "transport"));
    }
}

void Publisher::onAnswer(const Result<std::string>& answer) {
    if (answer) {
        send_(control::Answer{session_, *answer, {}});
    } else {
        send_(control::Answer{session_, "", answer.error()});
        onLost_(answer.error());
    }
}

void Publisher::onTrack(sdp::MediaKind kind, sdp::Codec videoCodec) {
    const bool video = kind == sdp::MediaKind::Video;
    const sdp::Codec codec = video ? videoCodec : sdp::Codec::Opus;
    send_(control::Track{session_, video ? control::Media::Video : control::Media::Audio,
                         nameOf(codec), codec == sdp::Codec::H264});
}

void Publisher::onConnectionState() {
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

void Publisher::checkSilence() {
    const std::uint64_t bytes = gate_->bytes();
    watch_.silent = bytes == watch_.bytes ? watch_.silent + kSilenceCheck : Milliseconds(0);
    watch_.bytes = bytes;
    if (bytes == 0 && watch_.silent >= kConnectDeadline) {
        lose({Problem::Timeout,
              "the publisher did not connect within 12 s: its network, a firewall or a "
              "NAT lets no UDP through to this server"});
    } else if (bytes != 0 && watch_.silent >= kLongestSilence) {
        lose({Problem::Timeout, "the publisher sent nothing for 5 s"});
    }
}

void Publisher::lose(Error reason) {
    if (!lost_) {
        shut();
        base::post([weak = weak_from_this(), reason = std::move(reason)] {
            if (const auto self = weak.lock()) {
                self->onLost_(reason);
            }
        });
    }
}

/// Nothing is taken from the publisher any more.
void Publisher::shut() {
    lost_ = true;
    watch_.timer.stop();
    gate_->shut();
}

void Publisher::addCandidate(int mediaLine, const std::string& candidate) {
    const auto parsed = sdp::Candidate::parse(candidate);
    if (!lost_ && parsed && parsed->isUsable()) {
        const std::string text = "candidate:" + parsed->print();
        g_signal_emit_by_name(webrtcbin_.get(), "add-ice-candidate", static_cast<guint>(mediaLine),
                              text.c_str());
    }
}

void Publisher::requestKeyFrame() {
    if (const auto pad = pads_->videoPad()) {
        gst_pad_send_event(
            pad.get(), gst_video_event_new_upstream_force_key_unit(GST_CLOCK_TIME_NONE, TRUE, 0));
    }
}

void Publisher::close(Milliseconds deadline, std::function<void(bool)> onClosed) {
    bus_.stop();
    shut();
    const auto closing = std::make_shared<Closing>();
    closing->onClosed = std::move(onClosed);
    closing->deadline = base::Timer::once(deadline, [weak = std::weak_ptr(closing)] {
        if (const auto late = weak.lock()) {
            late->finish(false); // webrtcbin keeps a promise
        }
    });
    negotiation_->cancel([closing, deadline, pipeline = pipeline_] {
        closing->deadline.stop();
        gst::teardown(pipeline, deadline, [closing](bool finished) { closing->finish(finished); });
    });
}

} // namespace ingest
