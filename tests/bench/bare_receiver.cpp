// bare-receiver PORT DIR: the yardstick for passthrough. Takes one H.264 + Opus publisher by WHIP
// on 127.0.0.1:PORT and gives it, in one pipeline with a tee, to the outputs that Spillway has: RTP
// (both forms, to ports nobody listens on), HLS and MP4 in DIR. Ends at SIGTERM. Nothing else: no
// supervision, no limits, no playlist of its own, one answer to every request.

#include "pipelines/base/loop.h"
#include "pipelines/base/unique.h"
#include "tests/support/run_until.h"

#include <array>
#include <cstdio>
#include <cstdlib>
#include <gio/gio.h>
#include <glib-unix.h>
#include <gst/gst.h>
#include <gst/sdp/sdp.h>
#include <string>
#define GST_USE_UNSTABLE_API
#include <gst/webrtc/webrtc.h>

namespace {

using base::Object;

const char* const kVideoCaps =
    "application/x-rtp,media=video,clock-rate=90000,payload=96,encoding-name=H264,"
    "packetization-mode=(string)1,profile-level-id=(string)42e01f,rtcp-fb-nack=(boolean)true,"
    "rtcp-fb-nack-pli=(boolean)true,extmap-3=(string)\"http://www.ietf.org/id/"
    "draft-holmer-rmcat-transport-wide-cc-extensions-01\"";
const char* const kAudioCaps = "application/x-rtp,media=audio,clock-rate=48000,payload=111,"
                               "encoding-name=OPUS,encoding-params=(string)2";

std::string pipelineLine(const std::string& dir) {
    const std::string q = " ! queue ! ";
    return "webrtcbin name=webrtc bundle-policy=max-bundle latency=200 "
           "rtph264depay name=video ! h264parse config-interval=-1 ! tee name=v "
           "rtpopusdepay name=audio ! opusdec ! audioconvert ! audioresample ! "
           "audio/x-raw,rate=48000,channels=2 ! avenc_aac bitrate=128000 ! aacparse ! tee name=a "
           "v." +
           q +
           "h264parse ! rtph264pay config-interval=-1 mtu=1200 aggregate-mode=zero-latency ! "
           "udpsink host=127.0.0.1 port=39996 sync=false async=false "
           "a." +
           q +
           "aacparse ! rtpmp4gpay ! udpsink host=127.0.0.1 port=39998 sync=false async=false "
           "mpegtsmux name=ts alignment=6 ! rtpmp2tpay mtu=1200 ! "
           "udpsink host=127.0.0.1 port=39994 sync=false async=false "
           "v." +
           q + "h264parse ! ts. a." + q +
           "aacparse ! ts. "
           "hlssink2 name=hls target-duration=2 max-files=12 send-keyframe-requests=false "
           "location=" +
           dir + "/%05d.ts playlist-location=" + dir +
           "/index.m3u8 "
           "v." +
           q + "h264parse ! hls.video a." + q +
           "aacparse ! hls.audio "
           "mp4mux name=mp4 fragment-duration=500 ! filesink async=false location=" +
           dir +
           "/out.mp4 "
           "v." +
           q + "h264parse ! mp4. a." + q + "aacparse ! mp4. ";
}

class BareReceiver {
public:
    explicit BareReceiver(const std::string& dir) {
        base::ErrorOut error;
        pipeline_ = Object<GstElement>::sink(gst_parse_launch(pipelineLine(dir).c_str(), error));
        if (error) {
            std::fprintf(stderr, "bare-receiver: %s\n", error.message());
            std::exit(1);
        }
        webrtc_ =
            Object<GstElement>::adopt(gst_bin_get_by_name(GST_BIN(pipeline_.get()), "webrtc"));
        for (const char* text : {kVideoCaps, kAudioCaps}) {
            g_autoptr(GstCaps) caps = gst_caps_from_string(text);
            g_autoptr(GstWebRTCRTPTransceiver) transceiver = nullptr;
            g_signal_emit_by_name(webrtc_.get(), "add-transceiver",
                                  GST_WEBRTC_RTP_TRANSCEIVER_DIRECTION_RECVONLY, caps,
                                  &transceiver);
            g_object_set(transceiver, "do-nack", TRUE, nullptr);
        }
        GObject *ice = nullptr, *agent = nullptr;
        g_object_get(webrtc_.get(), "ice-agent", &ice, nullptr);
        g_object_get(ice, "agent", &agent, nullptr);
        g_object_set(agent, "upnp", FALSE, "ice-tcp", FALSE, nullptr);
        g_object_unref(agent);
        g_object_unref(ice);
        g_signal_connect(webrtc_.get(), "pad-added", G_CALLBACK(onPad), pipeline_.get());
        gst_element_set_state(pipeline_.get(), GST_STATE_PLAYING);
    }
    ~BareReceiver() { gst_element_set_state(pipeline_.get(), GST_STATE_NULL); }

    std::string answer(const std::string& offer) {
        GstSDPMessage* message = nullptr;
        gst_sdp_message_new_from_text(offer.c_str(), &message);
        g_autoptr(GstWebRTCSessionDescription) remote =
            gst_webrtc_session_description_new(GST_WEBRTC_SDP_TYPE_OFFER, message);
        ask("set-remote-description", remote);
        g_autoptr(GstPromise) promise = gst_promise_new();
        g_signal_emit_by_name(webrtc_.get(), "create-answer", nullptr, promise);
        gst_promise_wait(promise);
        g_autoptr(GstWebRTCSessionDescription) local = nullptr;
        gst_structure_get(gst_promise_get_reply(promise), "answer",
                          GST_TYPE_WEBRTC_SESSION_DESCRIPTION, &local, nullptr);
        ask("set-local-description", local);
        support::runUntil(
            [this] {
                GstWebRTCICEGatheringState state{};
                g_object_get(webrtc_.get(), "ice-gathering-state", &state, nullptr);
                return state == GST_WEBRTC_ICE_GATHERING_STATE_COMPLETE;
            },
            std::chrono::seconds(2));
        g_autoptr(GstWebRTCSessionDescription) complete = nullptr;
        g_object_get(webrtc_.get(), "local-description", &complete, nullptr);
        return base::UniqueString(gst_sdp_message_as_text(complete->sdp)).get();
    }

private:
    void ask(const char* signal, GstWebRTCSessionDescription* description) {
        g_autoptr(GstPromise) promise = gst_promise_new();
        g_signal_emit_by_name(webrtc_.get(), signal, description, promise);
        gst_promise_wait(promise);
    }

    static void onPad(GstElement*, GstPad* pad, gpointer pipeline) {
        g_autoptr(GstCaps) caps = gst_pad_get_current_caps(pad);
        const char* media = gst_structure_get_string(gst_caps_get_structure(caps, 0), "media");
        const auto depay = Object<GstElement>::adopt(gst_bin_get_by_name(GST_BIN(pipeline), media));
        g_autoptr(GstPad) sink = gst_element_get_static_pad(depay.get(), "sink");
        gst_pad_link(pad, sink);
        if (std::string_view(media) == "video") {
            askForKeyFrames(pad);
        }
    }

    static void askForKeyFrames(GstPad* pad) {
        g_timeout_add(
            1000,
            [](gpointer source) -> gboolean {
                gst_pad_send_event(
                    GST_PAD(source),
                    gst_event_new_custom(GST_EVENT_CUSTOM_UPSTREAM,
                                         gst_structure_new("GstForceKeyUnit", "all-headers",
                                                           G_TYPE_BOOLEAN, TRUE, nullptr)));
                return G_SOURCE_CONTINUE;
            },
            gst_object_ref(pad));
    }

    Object<GstElement> pipeline_;
    Object<GstElement> webrtc_;
};

std::string readRequest(GInputStream* in) {
    std::string request;
    std::array<char, 16384> part{};
    for (;;) {
        const gssize got = g_input_stream_read(in, part.data(), part.size(), nullptr, nullptr);
        if (got <= 0) {
            return request;
        }
        request.append(part.data(), static_cast<std::size_t>(got));
        const auto end = request.find("\r\n\r\n");
        const auto length = request.find("Content-Length: ");
        if (end != std::string::npos &&
            (length == std::string::npos ||
             request.size() >= end + 4 + std::strtoul(&request[length + 16], nullptr, 10))) {
            return request;
        }
    }
}

gboolean onIncoming(GSocketService*, GSocketConnection* connection, GObject*, gpointer receiver) {
    const std::string request = readRequest(g_io_stream_get_input_stream(G_IO_STREAM(connection)));
    std::string response = "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n";
    if (request.starts_with("POST ")) {
        const std::string body = static_cast<BareReceiver*>(receiver)->answer(
            request.substr(request.find("\r\n\r\n") + 4));
        response = "HTTP/1.1 201 Created\r\nLocation: /session\r\nContent-Type: application/sdp\r\n"
                   "Content-Length: " +
                   std::to_string(body.size()) + "\r\n\r\n" + body;
    }
    g_output_stream_write_all(g_io_stream_get_output_stream(G_IO_STREAM(connection)),
                              response.data(), response.size(), nullptr, nullptr, nullptr);
    return TRUE;
}

} // namespace

int main(int argc, char** argv) {
    if (argc != 3) {
        std::fprintf(stderr, "usage: bare-receiver PORT DIR\n");
        return 2;
    }
    gst_init(nullptr, nullptr);
    BareReceiver receiver(argv[2]);
    const auto service = Object<GSocketService>::adopt(g_socket_service_new());
    const auto address = Object<GSocketAddress>::adopt(
        g_inet_socket_address_new_from_string("127.0.0.1", static_cast<guint>(std::atoi(argv[1]))));
    base::ErrorOut error;
    if (!g_socket_listener_add_address(G_SOCKET_LISTENER(service.get()), address.get(),
                                       G_SOCKET_TYPE_STREAM, G_SOCKET_PROTOCOL_TCP, nullptr,
                                       nullptr, error)) {
        std::fprintf(stderr, "bare-receiver: %s\n", error.message());
        return 1;
    }
    g_signal_connect(service.get(), "incoming", G_CALLBACK(onIncoming), &receiver);
    GMainLoop* loop = g_main_loop_new(nullptr, FALSE);
    g_unix_signal_add(
        SIGTERM,
        [](gpointer running) -> gboolean {
            g_main_loop_quit(static_cast<GMainLoop*>(running));
            return G_SOURCE_CONTINUE;
        },
        loop);
    std::printf("ready\n");
    std::fflush(stdout);
    g_main_loop_run(loop);
    g_main_loop_unref(loop);
    return 0;
}
