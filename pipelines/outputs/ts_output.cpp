#include "pipelines/base/loop.h"
#include "pipelines/outputs/caps.h"
#include "pipelines/outputs/feed.h"
#include "pipelines/outputs/send_pipeline.h"
#include "pipelines/outputs/sender.h"
#include "pipelines/outputs/ts_muxer.h"
#include "pipelines/outputs/udp.h"

#include <optional>
#include <vector>

namespace outputs {

using base::fail;
using base::Result;
using gst::Ref;

namespace {

/// Seven packets, as receivers expect, and the RTP header.
constexpr unsigned kMtu = 7 * 188 + 12;

class TsSender : public Sender {
public:
    static Result<std::unique_ptr<Sender>> make(const TsConfig& config,
                                                const gst::Timebase& timebase, OnError onError);

    void setFormat(const fanout::Format& format) override;
    void send(const fanout::AccessUnit& unit) override;
    void end(std::function<void()> onEnded) override {
        pipeline_->whenEnded(std::move(onEnded));
        feed_->end();
    }

private:
    Result<void> build(const TsConfig& config);
    void giveUp(const base::Error& error);

    OnError onError_;
    std::unique_ptr<SendPipeline> pipeline_;
    std::optional<Feed> feed_;
    fanout::Format format_;
    std::unique_ptr<TsMuxer> muxer_;
    std::vector<std::uint8_t> packets_; ///< of the unit under way
};

// (TsMuxer) ! rtpmp2tpay pt=33 ! udpsink
Result<void> TsSender::build(const TsConfig& config) {
    const auto payloader = gst::makeElement("rtpmp2tpay", {{"pt", 33U}, {"mtu", kMtu}});
    const auto sink = makeUdpSink({config.host, config.ttl, config.interface}, config.port);
    if (!payloader || !sink) {
        return fail(!payloader ? payloader.error() : sink.error());
    }
    if (auto added = gst::addChain(pipeline_->bin(), {payloader->get(), sink->get()}); !added) {
        return added;
    }
    auto feed =
        Feed::into(Ref<GstPad>::adopt(gst_element_get_static_pad(payloader->get(), "sink")));
    if (!feed) {
        return fail(feed.error());
    }
    feed_.emplace(std::move(*feed));
    const auto caps = Ref<GstCaps>::adopt(
        gst_caps_from_string("video/mpegts,systemstream=(boolean)true,packetsize=(int)188"));
    if (auto played = pipeline_->play(); !played) {
        return played;
    }
    feed_->setCaps(caps.get());
    return {};
}

void TsSender::giveUp(const base::Error& error) {
    muxer_.reset();
    base::post([onError = onError_, message = error.message] { onError(message); });
}

void TsSender::setFormat(const fanout::Format& format) {
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

void TsSender::send(const fanout::AccessUnit& unit) {
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
        feed_->push(Ref<GstBuffer>::adopt(gst_buffer_new_memdup(packets_.data(), packets_.size())),
                    unit.time, unit.duration);
    }
}

Result<std::unique_ptr<Sender>> TsSender::make(const TsConfig& config,
                                               const gst::Timebase& timebase, OnError onError) {
    auto pipeline = SendPipeline::make(timebase, onError);
    if (!pipeline) {
        return fail(pipeline.error());
    }
    auto sender = std::make_unique<TsSender>();
    sender->onError_ = std::move(onError);
    sender->pipeline_ = std::move(*pipeline);
    if (auto built = sender->build(config); !built) {
        return fail(built.error());
    }
    return sender;
}

} // namespace

Result<std::unique_ptr<Output>> makeTsOutput(const TsConfig& config, const gst::Timebase& timebase,
                                             Events events) {
    return makeSendOutput(
        [config, timebase](OnError onError) {
            return TsSender::make(config, timebase, std::move(onError));
        },
        config.log, std::move(events));
}

} // namespace outputs
