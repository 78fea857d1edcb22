#include "pipelines/ingest/tracks.h"

#include "pipelines/gst/mapped.h"

#include <algorithm>
#include <gst/app/gstappsink.h>

namespace ingest {

using base::Nanoseconds;
using base::Result;
using gst::Ref;

namespace {

using OnVideoFrame = std::function<void(gst::VideoFrame)>;
using OnAudio = std::function<void(Nanoseconds, gst::AudioSamples)>;

constexpr guint64 kQueueTime = 2'000'000'000; ///< ns
constexpr unsigned kQueueBytes = 8U * 1024 * 1024;
constexpr const char* kTransportWideCc =
    "http://www.ietf.org/id/draft-holmer-rmcat-transport-wide-cc-extensions-01";

bool offers(const sdp::OfferedTrack& track, const char* feedback) {
    return std::find(track.feedback.begin(), track.feedback.end(), feedback) !=
           track.feedback.end();
}

/// Until the first packet has left, GStreamer's queue takes the running time of the pipeline for
/// the time it holds, and would drop that packet, the beginning of the first key frame (1.22): its
/// limit comes after.
GstPadProbeReturn onFirstPacket(GstPad* pad, GstPadProbeInfo*, gpointer) noexcept {
    const auto queue = Ref<GstObject>::adopt(gst_object_get_parent(GST_OBJECT(pad)));
    g_object_set(queue.get(), "max-size-time", kQueueTime, nullptr);
    return GST_PAD_PROBE_REMOVE;
}

Result<Ref<GstElement>> makeQueue() {
    auto queue = gst::makeElement("queue", {{"leaky", "downstream"},
                                            {"max-size-time", std::uint64_t{0}},
                                            {"max-size-bytes", kQueueBytes},
                                            {"max-size-buffers", 0U},
                                            {"silent", true}});
    if (queue) {
        const auto leaving = Ref<GstPad>::adopt(gst_element_get_static_pad(queue->get(), "src"));
        constexpr auto packets = static_cast<GstPadProbeType>(GST_PAD_PROBE_TYPE_BUFFER |
                                                              GST_PAD_PROBE_TYPE_BUFFER_LIST);
        gst_pad_add_probe(leaving.get(), packets, onFirstPacket, nullptr, nullptr);
    }
    return queue;
}

void hand(GstSample* sample, const OnVideoFrame& onFrame) {
    auto buffer = Ref<GstBuffer>::retain(gst_sample_get_buffer(sample));
    const GstClockTime running = gst_segment_to_running_time(
        gst_sample_get_segment(sample), GST_FORMAT_TIME, GST_BUFFER_PTS(buffer.get()));
    if (!GST_CLOCK_TIME_IS_VALID(running)) {
        return;
    }
    if (running != GST_BUFFER_PTS(buffer.get())) {
        buffer = Ref<GstBuffer>::adopt(gst_buffer_copy(buffer.get())); // shares the pixels
        GST_BUFFER_PTS(buffer.get()) = running;
    }
    onFrame({std::move(buffer), Ref<GstCaps>::retain(gst_sample_get_caps(sample))});
}

void hand(GstSample* sample, const OnAudio& onAudio) {
    GstBuffer* buffer = gst_sample_get_buffer(sample);
    const GstClockTime running = gst_segment_to_running_time(
        gst_sample_get_segment(sample), GST_FORMAT_TIME, GST_BUFFER_PTS(buffer));
    const gst::Mapped mapped(buffer);
    const auto bytes = mapped.bytes();
    if (GST_CLOCK_TIME_IS_VALID(running) && !bytes.empty()) {
        onAudio(Nanoseconds(running),
                {reinterpret_cast<const std::int16_t*>(bytes.data()), bytes.size() / 2});
    }
}

/// An appsink that hands decoded media of this form to `handler`.
template <class Handler>
Result<Ref<GstElement>> makeSink(const Handler& handler, unsigned mostWaiting,
                                 const char* caps = "ANY") {
    auto sink = gst::makeElement("appsink", {{"sync", false},
                                             {"async", false},
                                             {"enable-last-sample", false},
                                             {"max-buffers", mostWaiting},
                                             {"caps", caps}});
    if (sink) {
        GstAppSinkCallbacks callbacks{};
        callbacks.new_sample = [](GstAppSink* appsink, gpointer data) noexcept {
            const auto sample = Ref<GstSample>::adopt(gst_app_sink_pull_sample(appsink));
            if (sample) {
                hand(sample.get(), *static_cast<Handler*>(data));
            }
            return GST_FLOW_OK;
        };
        gst_app_sink_set_callbacks(
            GST_APP_SINK(sink->get()), &callbacks, new Handler(handler),
            [](gpointer owned) noexcept { delete static_cast<Handler*>(owned); });
    }
    return sink;
}

} // namespace

std::string receiveCaps(const sdp::OfferedTrack& track) {
    const bool video = track.kind == sdp::MediaKind::Video;
    std::string caps =
        std::string("application/x-rtp,media=(string)") + (video ? "video" : "audio") +
        ",encoding-name=(string)" + sdp::encodingName(track.codec) + ",clock-rate=(int)" +
        std::to_string(track.clockRate) + ",payload=(int)" + std::to_string(track.payloadType);
    if (!video && track.channels > 0) {
        caps += ",encoding-params=(string)" + std::to_string(track.channels);
    }
    for (const auto& [line, field] :
         {std::pair{"nack", "rtcp-fb-nack"}, std::pair{"nack pli", "rtcp-fb-nack-pli"},
          std::pair{"ccm fir", "rtcp-fb-ccm-fir"},
          std::pair{"transport-cc", "rtcp-fb-transport-cc"}}) {
        if (offers(track, line)) {
            caps += std::string(",") + field + "=(boolean)true";
        }
    }
    if (track.transportCcId) {
        caps += ",extmap-" + std::to_string(*track.transportCcId) + "=(string)\"" +
                kTransportWideCc + "\"";
    }
    return caps;
}

/// VP8: queue leaky=downstream ! rtpvp8depay ! vp8dec ! appsink
/// H.264: queue leaky=downstream ! rtph264depay ! h264parse config-interval=-1
///        ! video/x-h264,stream-format=byte-stream,alignment=au ! appsink
Result<Ref<GstElement>> addVideoTrack(GstBin* pipeline, sdp::Codec codec,
                                      const MediaHandlers& handlers) {
    if (codec == sdp::Codec::H264) {
        return gst::buildChain(
            pipeline, {makeQueue(),
                       gst::makeElement("rtph264depay",
                                        {{"request-keyframe", true}, {"wait-for-keyframe", true}}),
                       gst::makeElement("h264parse", {{"config-interval", -1}}),
                       gst::makeCapsFilter("video/x-h264,stream-format=byte-stream,alignment=au"),
                       fanout::makeAccessUnitSink(base::Media::Video, handlers.onAccessUnit)});
    }
    return gst::buildChain(
        pipeline,
        {makeQueue(),
         gst::makeElement("rtpvp8depay", {{"request-keyframe", true}, {"wait-for-keyframe", true}}),
         gst::makeElement("vp8dec", {{"automatic-request-sync-points", true},
                                     {"discard-corrupted-frames", true},
                                     {"threads", 1U}}),
         makeSink(handlers.onVideoFrame, 2)});
}

/// queue leaky=downstream ! rtpopusdepay ! opusdec ! audioconvert ! audioresample
/// ! appsink caps=audio/x-raw,rate=48000,channels=2,…
Result<Ref<GstElement>> addAudioTrack(GstBin* pipeline, const MediaHandlers& handlers) {
    return gst::buildChain(pipeline,
                           {makeQueue(), gst::makeElement("rtpopusdepay"),
                            gst::makeElement("opusdec", {{"plc", true}, {"use-inband-fec", true}}),
                            gst::makeElement("audioconvert"), gst::makeElement("audioresample"),
                            makeSink(handlers.onAudio, 8, gst::kPcmCaps)});
}

} // namespace ingest
