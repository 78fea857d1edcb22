#include "pipelines/outputs/caps.h"
#include "pipelines/outputs/output.h"
#include "pipelines/outputs/pad_pusher.h"
#include "pipelines/outputs/send_output.h"
#include "pipelines/outputs/ts_muxer.h"

#include <optional>
#include <vector>

namespace outputs {

using base::fail;
using base::Result;
using gst::Ref;

namespace {

/// Seven packets, as receivers expect, and the RTP header.
constexpr unsigned kMtu = 7 * 188 + 12;

class TsPipeline : public SendPipeline {
public:
    static Result<std::unique_ptr<SendPipeline>>
    make(const control::TsOutput& config, const gst::Timebase& timebase, const OnError& onError) {
        std::unique_ptr<TsPipeline> made(new TsPipeline(timebase, onError));
        if (auto built = made->build(config); !built) {
            return fail(built.error());
        }
        return made;
    }

    void setFormat(const fanout::Format& format) override;
    void send(const fanout::AccessUnit& unit) override;

private:
    using SendPipeline::SendPipeline;
    Result<void> build(const control::TsOutput& config);
    void giveUp(const base::Error& error) {
        muxer_.reset();
        reportError(error);
    }
    void sendEndOfStream() override { payloader_->end(); }

    std::optional<PadPusher> payloader_;
    fanout::Format format_;
    std::unique_ptr<TsMuxer> muxer_;
    std::vector<std::uint8_t> packets_; ///< of the access unit being sent
};

// (TsMuxer) ! rtpmp2tpay pt=33 ! udpsink
Result<void> TsPipeline::build(const control::TsOutput& config) {
    const auto payloader = gst::makeElement("rtpmp2tpay", {{"pt", 33U}, {"mtu", kMtu}});
    const auto sink = makeUdpSink(config.host, config.port, config.ttl, config.interface);
    if (!payloader || !sink) {
        return fail(!payloader ? payloader.error() : sink.error());
    }
    if (auto added = gst::addChain(bin(), {payloader->get(), sink->get()}); !added) {
        return added;
    }
    auto pusher = PadPusher::linkedTo(
        Ref<GstPad>::adopt(gst_element_get_static_pad(payloader->get(), "sink")));
    if (!pusher) {
        return fail(pusher.error());
    }
    payloader_.emplace(std::move(*pusher));
    const auto caps = Ref<GstCaps>::adopt(
        gst_caps_from_string("video/mpegts,systemstream=(boolean)true,packetsize=(int)188"));
    if (auto played = play(); !played) {
        return played;
    }
    payloader_->setCaps(caps.get());
    return {};
}

void TsPipeline::setFormat(const fanout::Format& format) {
    if (muxer_ && sameAudio(format, format_)) {
        format_ = format;
        return;
    }
    format_ = format;
    auto muxer = TsMuxer::make(format);
    if (!muxer) {
        giveUp(muxer.error());
        return;
    }
    muxer_ = std::move(*muxer);
}

void TsPipeline::send(const fanout::AccessUnit& unit) {
    if (!muxer_) {
        return;
    }
    packets_.clear();
    const auto muxed = muxer_->write(unit, packets_);
    if (!muxed) {
        giveUp(muxed.error());
        return;
    }
    if (!packets_.empty()) {
        payloader_->push(
            Ref<GstBuffer>::adopt(gst_buffer_new_memdup(packets_.data(), packets_.size())),
            unit.time, unit.duration);
    }
}

} // namespace

Result<std::unique_ptr<Output>> makeTsOutput(const control::TsOutput& config,
                                             const gst::Timebase& timebase, Reporter reporter) {
    return makeSendOutput(
        [config, timebase](const SendPipeline::OnError& onError) {
            return TsPipeline::make(config, timebase, onError);
        },
        std::move(reporter));
}

} // namespace outputs
