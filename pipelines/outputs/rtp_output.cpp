#include "pipelines/outputs/feed.h"
#include "pipelines/outputs/send_pipeline.h"
#include "pipelines/outputs/sender.h"
#include "pipelines/outputs/udp.h"

#include <optional>

namespace outputs {

using base::fail;
using base::Problem;
using base::Result;
using gst::Ref;

namespace {

/// A receiver can bring sound and picture together only after a report on each (RFC 3550, 6.4.1),
/// so they come often.
constexpr std::uint64_t kReportInterval = 500 * GST_MSECOND;

struct Medium {
    unsigned session; ///< of the rtpbin
    const char* payloader;
    unsigned payloadType;
    int port;
};

class RtpSender : public Sender {
public:
    static Result<std::unique_ptr<Sender>> make(const RtpConfig& config,
                                                const gst::Timebase& timebase, OnError onError);

    void setFormat(const fanout::Format& format) override {
        video_->setCaps(format.video.get());
        audio_->setCaps(format.audio.get());
    }
    void send(const fanout::AccessUnit& unit) override {
        (unit.media == fanout::Media::Video ? video_ : audio_)
            ->push(unit.data, unit.time, unit.duration);
    }
    void end(std::function<void()> onEnded) override {
        pipeline_->whenEnded(std::move(onEnded));
        video_->end();
        audio_->end();
    }

private:
    Result<void> build(const RtpConfig& config);
    Result<Feed> buildMedium(const Medium& medium, const RtpConfig& config, GstElement* rtpbin);

    std::unique_ptr<SendPipeline> pipeline_;
    std::optional<Feed> video_;
    std::optional<Feed> audio_;
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
Result<void> RtpSender::build(const RtpConfig& config) {
    // Reports pair RTP with running time, not with the moment of sending: encoders differ in their
    // delay.
    const auto rtpbin = gst::makeElement("rtpbin", {{"rtcp-sync-send-time", false}});
    if (!rtpbin) {
        return fail(rtpbin.error());
    }
    if (auto added = gst::addChain(pipeline_->bin(), {rtpbin->get()}); !added) {
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
    return pipeline_->play();
}

Result<Feed> RtpSender::buildMedium(const Medium& medium, const RtpConfig& config,
                                    GstElement* rtpbin) {
    const Destination destination{config.host, config.ttl, config.interface};
    const auto payloader = gst::makeElement(
        medium.payloader, {{"pt", medium.payloadType}, {"mtu", static_cast<unsigned>(config.mtu)}});
    const auto rtpSink = makeUdpSink(destination, medium.port);
    const auto rtcpSink = makeUdpSink(destination, medium.port + 1);
    if (!payloader || !rtpSink || !rtcpSink) {
        return fail(!payloader ? payloader.error() : !rtpSink ? rtpSink.error() : rtcpSink.error());
    }
    // Each key frame brings its parameter sets: config-interval would send them a second time.
    auto done = medium.session == 0 ? gst::setProperty(G_OBJECT(payloader->get()),
                                                       {"aggregate-mode", "zero-latency"})
                                    : Result<void>();
    const std::string number = std::to_string(medium.session);
    for (GstElement* element : {payloader->get(), rtpSink->get(), rtcpSink->get()}) {
        done = done ? gst::addChain(pipeline_->bin(), {element}) : done;
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
    return Feed::into(Ref<GstPad>::adopt(gst_element_get_static_pad(payloader->get(), "sink")));
}

Result<std::unique_ptr<Sender>> RtpSender::make(const RtpConfig& config,
                                                const gst::Timebase& timebase, OnError onError) {
    auto pipeline = SendPipeline::make(timebase, std::move(onError));
    if (!pipeline) {
        return fail(pipeline.error());
    }
    auto sender = std::make_unique<RtpSender>();
    sender->pipeline_ = std::move(*pipeline);
    if (auto built = sender->build(config); !built) {
        return fail(built.error());
    }
    return sender;
}

} // namespace

Result<std::unique_ptr<Output>> makeRtpOutput(const RtpConfig& config,
                                              const gst::Timebase& timebase, Events events) {
    return makeSendOutput(
        [config, timebase](OnError onError) {
            return RtpSender::make(config, timebase, std::move(onError));
        },
        config.log, std::move(events));
}

} // namespace outputs
