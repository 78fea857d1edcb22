#include "pipelines/ingest/tracks.h"

#include <algorithm>

namespace ingest {

using base::Result;
using gst::Ref;

namespace {

constexpr guint64 kQueueTime = 2'000'000'000; ///< ns
constexpr unsigned kQueueBytes = 8U * 1024 * 1024;
constexpr const char* kTransportWideCc =
    "http://www.ietf.org/id/draft-holmer-rmcat-transport-wide-cc-extensions-01";

bool offers(const sdp::OfferedTrack& track, const char* feedback) {
    return std::find(track.feedback.begin(), track.feedback.end(), feedback) !=
           track.feedback.end();
}

Result<Ref<GstElement>> makeDepayloader(sdp::Codec codec) {
    switch (codec) {
    case sdp::Codec::vp8:
        return gst::makeElement("rtpvp8depay",
                                {{"request-keyframe", true}, {"wait-for-keyframe", true}});
    case sdp::Codec::h264:
        return gst::makeElement("rtph264depay",
                                {{"request-keyframe", true}, {"wait-for-keyframe", true}});
    case sdp::Codec::opus:
        break;
    }
    return gst::makeElement("rtpopusdepay");
}

/// None for H.264, which passes through.
Result<Ref<GstElement>> makeDecoder(sdp::Codec codec) {
    switch (codec) {
    case sdp::Codec::vp8:
        return gst::makeElement("vp8dec", {{"automatic-request-sync-points", true},
                                           {"discard-corrupted-frames", true},
                                           {"threads", 1U}});
    case sdp::Codec::h264:
        return Ref<GstElement>();
    case sdp::Codec::opus:
        break;
    }
    return gst::makeElement("opusdec", {{"plc", true}, {"use-inband-fec", true}});
}

} // namespace

std::string receiveCaps(const sdp::OfferedTrack& track) {
    const bool video = track.kind == sdp::MediaKind::video;
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

/// Until the first packet has left, GStreamer's queue takes the running time of the pipeline for
/// the time it holds, and would drop that packet, the beginning of the first key frame (1.22): its
/// limit comes after.
GstPadProbeReturn onFirstPacket(GstPad* pad, GstPadProbeInfo*, gpointer) noexcept {
    const auto queue = Ref<GstObject>::adopt(gst_object_get_parent(GST_OBJECT(pad)));
    g_object_set(queue.get(), "max-size-time", kQueueTime, nullptr);
    return GST_PAD_PROBE_REMOVE;
}

/// queue leaky=downstream ! rtp…depay ! (vp8dec | opusdec | nothing) ! next
Result<Ref<GstElement>> addTrack(GstBin* pipeline, sdp::Codec codec, GstElement* next) {
    auto queue = gst::makeElement("queue", {{"leaky", "downstream"},
                                            {"max-size-time", std::uint64_t{0}},
                                            {"max-size-bytes", kQueueBytes},
                                            {"max-size-buffers", 0U},
                                            {"silent", true}});
    auto depay = makeDepayloader(codec);
    auto decoder = makeDecoder(codec);
    for (auto* made : {&queue, &depay, &decoder}) {
        if (!*made) {
            return base::fail(made->error());
        }
    }
    const auto leaving = Ref<GstPad>::adopt(gst_element_get_static_pad(queue->get(), "src"));
    constexpr auto packets =
        static_cast<GstPadProbeType>(GST_PAD_PROBE_TYPE_BUFFER | GST_PAD_PROBE_TYPE_BUFFER_LIST);
    gst_pad_add_probe(leaving.get(), packets, onFirstPacket, nullptr, nullptr);
    auto added = *decoder ? gst::addChain(pipeline, {queue->get(), depay->get(), decoder->get()})
                          : gst::addChain(pipeline, {queue->get(), depay->get()});
    if (!added) {
        return base::fail(added.error());
    }
    if (!gst_element_link(*decoder ? decoder->get() : depay->get(), next)) {
        return base::fail(base::Problem::Internal,
                          std::string("cannot link the ") + sdp::encodingName(codec) + " track");
    }
    return *queue;
}

} // namespace ingest
