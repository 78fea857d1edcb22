#include "pipelines/stream/encoded_stream.h"

#include "pipelines/base/hex.h"
#include "pipelines/base/loop.h"
#include "pipelines/base/unique.h"
#include "pipelines/gst/mapped.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <utility>

namespace stream {

using base::Nanoseconds;

namespace {

/// Frames over which the frame rate of H.264 that passes through is measured: its SPS seldom
/// tells.
constexpr std::int64_t kRateFrames = 45;
/// In the first seconds the jitter buffer finds its pace: what is nearly a usual rate is that rate.
constexpr std::array kUsualRates{15, 20, 24, 25, 30, 48, 50, 60};
constexpr double kNearly = 0.06;

int roundRate(double measured) {
    const auto distance = [measured](int rate) { return std::abs(measured / rate - 1); };
    const int nearest = *std::min_element(kUsualRates.begin(), kUsualRates.end(),
                                          [&](int a, int b) { return distance(a) < distance(b); });
    return distance(nearest) < kNearly ? nearest
                                       : std::max(1, static_cast<int>(std::lround(measured)));
}

std::string base64(const std::string& bytes) {
    return base::UniqueString(
               g_base64_encode(reinterpret_cast<const guchar*>(bytes.data()), bytes.size()))
        .get();
}

control::VideoFormat videoFormat(GstCaps* caps, const h264::ParameterSets& sets, int measuredRate) {
    control::VideoFormat format;
    const GstStructure* fields = gst_caps_get_structure(caps, 0);
    gst_structure_get_int(fields, "width", &format.size.width);
    gst_structure_get_int(fields, "height", &format.size.height);
    int numerator = 0;
    int denominator = 1;
    if (gst_structure_get_fraction(fields, "framerate", &numerator, &denominator) &&
        denominator > 0) {
        format.frameRate =
            static_cast<int>(std::lround(static_cast<double>(numerator) / denominator));
    }
    if (measuredRate > 0) {
        format.frameRate = measuredRate;
    }
    format.sps = base64(sets.sps);
    format.pps = base64(sets.pps);
    return format;
}

control::AudioFormat audioFormat(GstCaps* caps) {
    control::AudioFormat format;
    const GstStructure* fields = gst_caps_get_structure(caps, 0);
    gst_structure_get_int(fields, "rate", &format.rate);
    gst_structure_get_int(fields, "channels", &format.channels);
    const GValue* codecData = gst_structure_get_value(fields, "codec_data");
    if (codecData != nullptr && GST_VALUE_HOLDS_BUFFER(codecData)) {
        const gst::Mapped config(gst_value_get_buffer(codecData));
        format.config = base::hex(config.bytes().data(), config.bytes().size());
    }
    return format;
}

} // namespace

EncodedStream::EncodedStream(std::shared_ptr<fanout::Fanout> fanout, std::int64_t firstTake,
                             base::WallTime origin, control::Send send)
    : fanout_(std::move(fanout)), origin_(origin), send_(std::move(send)), take_(firstTake) {}

void EncodedStream::video(fanout::AccessUnit unit, const gst::Ref<GstCaps>& format) {
    ++frames_;
    bytes_ += unit.size();
    if (unit.keyFrame) {
        describe(unit, format);
    }
    measureRate(unit.time);
    if (live_) {
        unit.take = take_;
        fanout_->push(std::move(unit));
    }
}

/// Audio that comes before the first key frame waits for it in the fan-out.
void EncodedStream::audio(fanout::AccessUnit unit, const gst::Ref<GstCaps>& format) {
    if (format.get() != audioFormat_.get()) {
        const std::lock_guard lock(mutex_);
        audioFormat_ = format;
    }
    bytes_ += unit.size();
    unit.take = take_;
    fanout_->push(std::move(unit));
}

/// New parameter sets in the middle are a new take: the publisher changed its video.
void EncodedStream::describe(const fanout::AccessUnit& keyFrame, const gst::Ref<GstCaps>& format) {
    const gst::Mapped mapped(keyFrame.data.get());
    const auto sets = h264::findParameterSets(mapped.bytes());
    std::unique_lock lock(mutex_);
    const auto audioFormat = audioFormat_;
    lock.unlock();
    if (!sets || !format || !audioFormat || (live_ && *sets == sets_)) {
        return;
    }
    take_ += live_ ? 1 : 0;
    sets_ = *sets;
    format_ = {format, audioFormat};
    live_ = true;
    fanout_->setFormat(format_);
    tell(compose());
}

void EncodedStream::measureRate(Nanoseconds time) {
    if (firstFrame_ < Nanoseconds(0)) {
        firstFrame_ = time;
    }
    const auto span = std::chrono::duration<double>(time - firstFrame_).count();
    if (measuredRate_ != 0 || !live_ || frames_ <= kRateFrames || span <= 0) {
        return;
    }
    const auto before = compose();
    measuredRate_ = roundRate(static_cast<double>(frames_ - 1) / span);
    const auto after = compose();
    if (before.video.frameRate != after.video.frameRate) {
        tell(after);
    }
}

control::Live EncodedStream::compose() const {
    return {take_, videoFormat(format_.video.get(), sets_, measuredRate_),
            audioFormat(format_.audio.get()), origin_};
}

void EncodedStream::tell(control::Live live) const {
    base::post([send = send_, live = std::move(live)] { send(live); });
}

} // namespace stream
