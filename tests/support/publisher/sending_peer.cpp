#include "tests/support/publisher/sending_peer.h"

#include "pipelines/base/loop.h"
#include "tests/support/run_until.h"

#include <gst/sdp/sdp.h>
#define GST_USE_UNSTABLE_API
#include <gst/webrtc/webrtc.h>

namespace publisher {
namespace {

using base::Object;
using base::Problem;

constexpr base::Milliseconds kGatheringDeadline{2000};

// What a browser negotiates too: transport-wide sequence numbers, NACK, PLI and FIR.
const std::string kExtension = "extmap-3=(string)\"http://www.ietf.org/id/"
                               "draft-holmer-rmcat-transport-wide-cc-extensions-01\"";
const std::string kFeedback =
    "rtcp-fb-nack=(boolean)true,rtcp-fb-nack-pli=(boolean)true,rtcp-fb-ccm-fir=(boolean)true,"
    "rtcp-fb-transport-cc=(boolean)true";

std::string videoBranch(VideoCodec codec) {
    const std::string caps =
        codec == VideoCodec::Vp8
            ? "encoding-name=VP8"
            : "encoding-name=H264,packetization-mode=(string)1,"
              "profile-level-id=(string)42e01f,level-asymmetry-allowed=(string)1";
    const std::string payloader = codec == VideoCodec::Vp8
                                      ? "rtpvp8pay picture-id-mode=15-bit"
                                      : "rtph264pay aggregate-mode=zero-latency config-interval=-1";
    return "appsrc name=video format=time is-live=true max-bytes=8000000 ! " + payloader +
           " mtu=1200 pt=96 ! application/x-rtp,media=video,clock-rate=90000,payload=96," + caps +
           "," + kFeedback + "," + kExtension + " ! webrtc. ";
}

std::string audioBranch() {
    return "appsrc name=audio format=time is-live=true max-bytes=1000000 ! rtpopuspay pt=111 ! "
           "application/x-rtp,media=audio,clock-rate=48000,payload=111,encoding-name=OPUS,"
           "encoding-params=(string)2,minptime=(string)10,useinbandfec=(string)1," +
           kExtension + " ! webrtc. ";
}

/// Waits for a promise of webrtcbin, which replies from a thread of its own.
base::Result<void> settle(GstPromise* promise, const char* doing) {
    gst_promise_wait(promise);
    const GstStructure* reply = gst_promise_get_reply(promise);
    const GValue* failure = reply ? gst_structure_get_value(reply, "error") : nullptr;
    if (!failure) {
        return {};
    }
    const auto* error = static_cast<const GError*>(g_value_get_boxed(failure));
    return base::fail(Problem::Unprocessable,
                      std::string(doing) + ": " + (error ? error->message : "refused"));
}

base::Result<void> applyDescription(GstElement* webrtc, const char* signal,
                                    GstWebRTCSessionDescription* description) {
    g_autoptr(GstPromise) promise = gst_promise_new();
    g_signal_emit_by_name(webrtc, signal, description, promise);
    return settle(promise, signal);
}

} // namespace

base::Result<std::unique_ptr<SendingPeer>>
SendingPeer::create(const Media& media, Handlers handlers, const std::string& relay) {
    std::unique_ptr<SendingPeer> peer(new SendingPeer(std::move(handlers)));
    if (auto built = peer->build(media); !built) {
        return base::fail(built.error());
    }
    if (auto set = relay.empty() ? base::Result<void>() : peer->useOnly(relay); !set) {
        return base::fail(set.error());
    }
    return peer;
}

SendingPeer::~SendingPeer() {
    if (webrtc_) {
        g_signal_handlers_disconnect_by_data(webrtc_.get(), this);
    }
    if (pipeline_) {
        gst_element_set_state(pipeline_.get(), GST_STATE_NULL);
    }
}

base::Result<void> SendingPeer::build(const Media& media) {
    base::ErrorOut error;
    const std::string line = "webrtcbin name=webrtc bundle-policy=max-bundle latency=0 " +
                             videoBranch(media.codec) + (media.hasAudio ? audioBranch() : "");
    pipeline_ = Object<GstElement>::sink(gst_parse_launch(line.c_str(), error));
    if (!pipeline_ || error) {
        return base::fail(Problem::MissingPackage, error.message());
    }
    auto named = [this](const char* name) {
        return Object<GstElement>::adopt(gst_bin_get_by_name(GST_BIN(pipeline_.get()), name));
    };
    webrtc_ = named("webrtc");
    video_ = named("video");
    audio_ = named("audio");

    auto setCaps = [](GstElement* source, const std::string& text) {
        g_autoptr(GstCaps) caps = gst_caps_from_string(text.c_str());
        g_object_set(source, "caps", caps, nullptr);
    };
    setCaps(video_.get(), media.videoCaps);
    if (audio_) {
        setCaps(audio_.get(), media.audioCaps);
    }
    GObject* ice = nullptr;
    GObject* agent = nullptr;
    g_object_get(webrtc_.get(), "ice-agent", &ice, nullptr);
    const auto ownedIce = Object<GObject>::adopt(ice);
    g_object_get(ice, "agent", &agent, nullptr);
    const auto ownedAgent = Object<GObject>::adopt(agent);
    g_object_set(agent, "upnp", FALSE, "ice-tcp", FALSE, nullptr);

    prepareTransceivers();
    g_signal_connect(webrtc_.get(), "notify::connection-state", G_CALLBACK(onConnectionState),
                     this);
    if (gst_element_set_state(pipeline_.get(), GST_STATE_PLAYING) == GST_STATE_CHANGE_FAILURE) {
        return base::fail(Problem::Internal, "webrtcbin does not start");
    }
    return {};
}

base::Result<void> SendingPeer::useOnly(const std::string& relay) {
    gboolean added = FALSE;
    g_signal_emit_by_name(webrtc_.get(), "add-turn-server", relay.c_str(), &added);
    if (!added) {
        return base::fail(Problem::Malformed, "not the address of a relay");
    }
    if (relay.find("@127.") != std::string::npos) { // libnice leaves out the loopback by itself
        GObject* ice = nullptr;
        g_object_get(webrtc_.get(), "ice-agent", &ice, nullptr);
        const auto ownedIce = Object<GObject>::adopt(ice);
        g_signal_emit_by_name(ice, "add-local-ip-address", "127.0.0.1", &added);
    }
    g_object_set(webrtc_.get(), "ice-transport-policy", GST_WEBRTC_ICE_TRANSPORT_POLICY_RELAY,
                 nullptr);
    return {};
}

void SendingPeer::prepareTransceivers() {
    GArray* transceivers = nullptr;
    g_signal_emit_by_name(webrtc_.get(), "get-transceivers", &transceivers);
    for (guint i = 0; i < transceivers->len; ++i) {
        GObject* transceiver = g_array_index(transceivers, GObject*, i);
        g_object_set(transceiver, "direction", GST_WEBRTC_RTP_TRANSCEIVER_DIRECTION_SENDONLY,
                     "do-nack", TRUE, nullptr);
    }
    g_array_unref(transceivers);
}

base::Result<std::string> SendingPeer::offer() {
    g_autoptr(GstPromise) promise = gst_promise_new();
    g_signal_emit_by_name(webrtc_.get(), "create-offer", nullptr, promise);
    if (auto done = settle(promise, "create-offer"); !done) {
        return base::fail(done.error());
    }
    g_autoptr(GstWebRTCSessionDescription) offer = nullptr;
    gst_structure_get(gst_promise_get_reply(promise), "offer", GST_TYPE_WEBRTC_SESSION_DESCRIPTION,
                      &offer, nullptr);
    if (auto done = applyDescription(webrtc_.get(), "set-local-description", offer); !done) {
        return base::fail(done.error());
    }
    waitForCandidates();
    g_autoptr(GstWebRTCSessionDescription) local = nullptr;
    g_object_get(webrtc_.get(), "local-description", &local, nullptr);
    return std::string(base::UniqueString(gst_sdp_message_as_text(local->sdp)).get());
}

void SendingPeer::waitForCandidates() {
    // webrtcbin 1.22 may never report the end of gathering; without all candidates it connects too.
    support::runUntil(
        [this] {
            GstWebRTCICEGatheringState state{};
            g_object_get(webrtc_.get(), "ice-gathering-state", &state, nullptr);
            return state == GST_WEBRTC_ICE_GATHERING_STATE_COMPLETE;
        },
        kGatheringDeadline);
}

base::Result<void> SendingPeer::accept(const std::string& answer) {
    GstSDPMessage* message = nullptr;
    if (gst_sdp_message_new_from_text(answer.c_str(), &message) != GST_SDP_OK) {
        return base::fail(Problem::Malformed, "the answer is no session description");
    }
    g_autoptr(GstWebRTCSessionDescription) description =
        gst_webrtc_session_description_new(GST_WEBRTC_SDP_TYPE_ANSWER, message);
    return applyDescription(webrtc_.get(), "set-remote-description", description);
}

void SendingPeer::push(const AccessUnit& unit, base::Nanoseconds at) {
    GstElement* source = unit.video ? video_.get() : audio_.get();
    if (!source) {
        return;
    }
    if (!zero_) {
        const auto clock = Object<GstClock>::adopt(gst_element_get_clock(pipeline_.get()));
        zero_ = static_cast<std::int64_t>(gst_clock_get_time(clock.get()) -
                                          gst_element_get_base_time(pipeline_.get())) -
                at.count();
    }
    GstBuffer* buffer = gst_buffer_copy(unit.data.get());
    GST_BUFFER_PTS(buffer) = static_cast<GstClockTime>(*zero_ + at.count());
    GST_BUFFER_DTS(buffer) = GST_CLOCK_TIME_NONE;
    gst_app_src_push_buffer(GST_APP_SRC(source), buffer);
}

void SendingPeer::onConnectionState(GObject* webrtc, GParamSpec*, gpointer self) noexcept {
    GstWebRTCPeerConnectionState state{};
    g_object_get(webrtc, "connection-state", &state, nullptr);
    auto* peer = static_cast<SendingPeer*>(self);
    base::post([peer, state, alive = std::weak_ptr(peer->alive_)] {
        if (!alive.expired()) {
            peer->advance(state);
        }
    });
}

void SendingPeer::advance(int connectionState) {
    switch (connectionState) {
    case GST_WEBRTC_PEER_CONNECTION_STATE_CONNECTED:
        handlers_.onConnected();
        break;
    case GST_WEBRTC_PEER_CONNECTION_STATE_FAILED:
        handlers_.onLost("connection failed");
        break;
    case GST_WEBRTC_PEER_CONNECTION_STATE_CLOSED:
        handlers_.onLost("closed by the peer");
        break;
    default:
        break;
    }
}

} // namespace publisher
