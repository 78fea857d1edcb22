#include "pipelines/program.h"

#include "pipelines/base/unique.h"
#include "pipelines/gst/mapped.h"

#include <algorithm>
#include <array>
#include <cmath>

using base::Nanoseconds;

namespace {

/// Pictures over which the frame rate of H.264 that passes through is measured: its SPS seldom
/// tells.
constexpr std::int64_t kRatePictures = 45;
/// In the first seconds the jitter buffer finds its pace: what is nearly a usual rate is that rate.
constexpr std::array kUsualRates{15, 20, 24, 25, 30, 48, 50, 60};
constexpr double kNearly = 0.06;
constexpr Nanoseconds kSmallestStep = std::chrono::milliseconds(1);

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

std::string hexadecimal(GstBuffer* buffer) {
    const gst::Mapped mapped(buffer);
    constexpr const char* digits = "0123456789abcdef";
    std::string text;
    for (const std::uint8_t byte : mapped.bytes()) {
        text += digits[byte >> 4];
        text += digits[byte & 0xf];
    }
    return text;
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
        format.config = hexadecimal(gst_value_get_buffer(codecData));
    }
    return format;
}

} // namespace

Program::Program(std::shared_ptr<fanout::Fanout> fanout, std::int64_t firstTake,
                 base::WallTime origin, std::function<void(control::Live)> onLive)
    : fanout_(std::move(fanout)), origin_(origin), onLive_(std::move(onLive)), take_(firstTake) {}

encode::UnitHandlers Program::videoHandlers() {
    return {[this](const gst::Ref<GstCaps>& caps) {
                const std::lock_guard lock(mutex_);
                format_.video = caps;
            },
            [this](fanout::AccessUnit unit) { takeVideo(std::move(unit)); }};
}

encode::UnitHandlers Program::audioHandlers() {
    return {[this](const gst::Ref<GstCaps>& caps) {
                const std::lock_guard lock(mutex_);
                format_.audio = caps;
            },
            [this](fanout::AccessUnit unit) { takeAudio(std::move(unit)); }};
}

/// What two publishers send at the same moment may differ by some milliseconds.
void Program::putInOrder(fanout::AccessUnit& unit) {
    const std::lock_guard lock(mutex_);
    unit.time = std::max(unit.time, lastPicture_ + kSmallestStep);
    lastPicture_ = unit.time;
}

void Program::takeVideo(fanout::AccessUnit unit) {
    putInOrder(unit);
    if (pictures_.fetch_add(1) == 0) {
        onFirst_(unit.time);
    }
    bytes_ += unit.size();
    if (unit.keyFrame) {
        describe(unit);
    }
    measureRate(unit);
    pushOn(std::move(unit));
}

void Program::takeAudio(fanout::AccessUnit unit) {
    bytes_ += unit.size();
    pushOn(std::move(unit));
}

void Program::pushOn(fanout::AccessUnit unit) {
    std::unique_lock lock(mutex_);
    unit.take = take_;
    const bool live = live_;
    lock.unlock();
    if (live) {
        fanout_->push(std::move(unit));
    }
}

/// New parameter sets in the middle are a new take: the publisher changed its picture.
void Program::describe(const fanout::AccessUnit& keyFrame) {
    const gst::Mapped mapped(keyFrame.data.get());
    const auto sets = h264::findParameterSets(mapped.bytes());
    std::unique_lock lock(mutex_);
    if (!sets || !format_.video || !format_.audio || (live_ && *sets == sets_)) {
        return;
    }
    take_ += live_ ? 1 : 0;
    sets_ = *sets;
    live_ = true;
    const auto live = compose();
    const fanout::Format format = format_;
    lock.unlock();
    fanout_->setFormat(format);
    onLive_(live);
}

void Program::measureRate(const fanout::AccessUnit& unit) {
    std::unique_lock lock(mutex_);
    if (firstPicture_ < Nanoseconds(0)) {
        firstPicture_ = unit.time;
    }
    const auto span = std::chrono::duration<double>(unit.time - firstPicture_).count();
    if (measuredRate_ != 0 || !live_ || pictures_ <= kRatePictures || span <= 0) {
        return;
    }
    const auto before = compose();
    measuredRate_ = roundRate(static_cast<double>(pictures_ - 1) / span);
    const auto after = compose();
    lock.unlock();
    if (before.video.frameRate != after.video.frameRate) {
        onLive_(after);
    }
}

/// With the mutex held, when both formats are there.
control::Live Program::compose() const {
    return control::Live{take_, videoFormat(format_.video.get(), sets_, measuredRate_),
                         audioFormat(format_.audio.get()), origin_};
}
