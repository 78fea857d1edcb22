#include "pipelines/outputs/output.h"
#include "pipelines/outputs/pad_pusher.h"
#include "pipelines/outputs/send_output.h"

#include <optional>

namespace outputs {

using base::fail;
using base::Problem;
using base::Result;
using gst::Ref;

namespace {

/// A receiver can synchronise audio and video only after a report on each (RFC 3550, 6.4.1),
/// so they come often.
constexpr std::uint64_t kReportInterval = 500 * GST_MSECOND;

struct Medium {
    unsigned session; ///< of the rtpbin
    const char* payloader;
    unsigned payloadType;
    int port;
};

class RtpPipeline : public SendPipeline {
public:
    static Result<std::unique_ptr<SendPipeline>>
    make(const control::RtpOutput& config, const gst::Timebase& timebase, const OnError& onError) {
        std::unique_ptr<RtpPipeline> made(new RtpPipeline(timebase, onError));
        if (auto built = made->build(config); !built) {
            return fail(built.error());
        }
        return made;
    }

    void setFormat(const fanout::Format& format) override {
        video_->setCaps(format.video.get());
        audio_->setCaps(format.audio.get());
    }
    void send(const fanout::AccessUnit& unit) override {
        (unit.media == fanout::Media::Video ? video_ : audio_)
            ->push(unit.data, unit.time, unit.duration);
    }

private:
    using SendPipeline::SendPipeline;
    Result<void> build(const control::RtpOutput& config);
    Result<PadPusher> buildMedium(const Medium& medium, const control::RtpOutput& config,
                                  GstElement* rtpbin);
    void sendEndOfStream() override {
        video_->end();
        audio_->end();
    }

    std::optional<PadPusher> video_;
    std::optional<PadPusher> audio_;
};

Result<void> linkPads(GstElement* from, const char* source, GstElement* to, const char* sink) {
    if (!gst_element_link_pads(from, source, to, sink)) {
        return fail(Problem::Internal, std::string("cannot link ") + GST_OBJECT_NAME(from) +
                                           " to " + GST_OBJECT_NAME(to));
    }
    return {};
}

Result<void> setReportInterval(GstElement* rtpbin, unsigned session) {
    GObject* internal = nullptr;
    g_signal_emit_by_name(rtpbin, "get-internal-session", session, &internal);
    const auto owned = Ref<GObject>::adopt(internal);
    if (!owned) {
        return fail(Problem::Internal, "rtpbin has no such session");
    }
    return gst::setProperty(internal, {"rtcp-min-interval", kReportInterval});
}

// rtph264pay aggregate-mode=zero-latency pt=96 ! bin.send_rtp_sink_0
// rtpmp4gpay pt=97 ! bin.send_rtp_sink_1     rtpbin name=bin rtcp-sync-send-time=false
// bin.send_rtp_src_0 ! udpsink port=V   bin.send_rtcp_src_0 ! udpsink port=V+1   (likewise 1, A)
Result<void> RtpPipeline::build(const control::RtpOutput& config) {
    // Reports pair RTP with running time, not with the moment of sending: encoders differ in their
    // delay.
    const auto rtpbin = gst::makeElement("rtpbin", {{"rtcp-sync-send-time", false}});
    if (!rtpbin) {
        return fail(rtpbin.error());
    }
    if (auto added = gst::addChain(bin(), {rtpbin->get()}); !added) {
        return added;
    }
    auto video = buildMedium({0, "rtph264pay", 96, config.videoPort}, config, rtpbin->get());
    if (!video) {
        return fail(video.error());
    }
    video_.emplace(std::move(*video));
    auto audio = buildMedium({1, "rtpmp4gpay", 97, config.audioPort}, config, rtpbin->get());
    if (!audio) {
        return fail(audio.error());
    }
    audio_.emplace(std::move(*audio));
    return play();
}

Result<PadPusher> RtpPipeline::buildMedium(const Medium& medium, const control::RtpOutput& config,
                                           GstElement* rtpbin) {
    const auto payloader = gst::makeElement(
        medium.payloader, {{"pt", medium.payloadType}, {"mtu", static_cast<unsigned>(config.mtu)}});
    const auto rtpSink = makeUdpSink(config.host, medium.port, config.ttl, config.interface);
    const auto rtcpSink = makeUdpSink(config.host, medium.port + 1, config.ttl, config.interface);
    if (!payloader || !rtpSink || !rtcpSink) {
        return fail(!payloader ? payloader.error() : !rtpSink ? rtpSink.error() : rtcpSink.error());
    }
    // Each key frame brings its parameter sets: config-interval would send them a second time.
    auto done = medium.session == 0 ? gst::setProperty(G_OBJECT(payloader->get()),
                                                       {"aggregate-mode", "zero-latency"})
                                    : Result<void>();
    const std::string number = std::to_string(medium.session);
    for (GstElement* element : {payloader->get(), rtpSink->get(), rtcpSink->get()}) {
        done = done ? gst::addChain(bin(), {element}) : done;
    }
    if (done) {
        done = linkPads(payloader->get(), "src", rtpbin, ("send_rtp_sink_" + number).c_str());
    }
    if (done) {
        done = linkPads(rtpbin, ("send_rtp_src_" + number).c_str(), rtpSink->get(), "sink");
    }
    if (done) {
        done = linkPads(rtpbin, ("send_rtcp_src_" + number).c_str(), rtcpSink->get(), "sink");
    }
    if (done) {
        done = setReportInterval(rtpbin, medium.session);
    }
    if (!done) {
        return fail(done.error());
    }
    return PadPusher::linkedTo(
        Ref<GstPad>::adopt(gst_element_get_static_pad(payloader->get(), "sink")));
}

} // namespace

Result<std::unique_ptr<Output>> makeRtpOutput(const control::RtpOutput& config,
                                              const gst::Timebase& timebase, Reporter reporter) {
    return makeSendOutput(
        [config, timebase](const SendPipeline::OnError& onError) {
            return RtpPipeline::make(config, timebase, onError);
        },
        std::move(reporter));
}

} // namespace outputs
