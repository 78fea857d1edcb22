#include "pipelines/encode/audio_timeline.h"

#include <cmath>
#include <utility>

namespace encode {

using base::Nanoseconds;

namespace {

constexpr std::int64_t kTolerance =
    AudioTimeline::kRate * 40 / 1000;                           ///< frames: beyond it is a gap
constexpr double kSlewFrom = AudioTimeline::kRate * 5.0 / 1000; ///< frames of lasting difference
constexpr double kSmoothing = 1.0 / 32;
constexpr Nanoseconds kEarlyKept = std::chrono::seconds(2);
constexpr std::size_t kMostEarly = 1000; ///< pieces, whatever their timestamps say
/// A broken timestamp must not ask for hours of silence.
constexpr std::int64_t kLongestGap = AudioTimeline::kRate * std::int64_t{30};

std::int64_t toFrames(Nanoseconds time) {
    return std::llround(static_cast<double>(time.count()) * AudioTimeline::kRate / 1e9);
}

Nanoseconds toTime(std::int64_t frames) {
    return Nanoseconds(std::llround(static_cast<double>(frames) * 1e9 / AudioTimeline::kRate));
}

} // namespace

void AudioTimeline::begin(Nanoseconds time) {
    if (begun_) {
        return;
    }
    begun_ = true;
    origin_ = time;
    for (const Early& early : std::exchange(early_, {})) {
        put(early.time, early.samples);
    }
}

/// The first video frame takes longer to be decoded than the audio that belongs to it.
void AudioTimeline::keepEarly(Nanoseconds time, std::span<const std::int16_t> samples) {
    early_.push_back({time, {samples.begin(), samples.end()}});
    while (early_.back().time - early_.front().time > kEarlyKept || early_.size() > kMostEarly) {
        early_.pop_front();
    }
}

Nanoseconds AudioTimeline::position() const {
    return origin_ + toTime(frames_);
}

void AudioTimeline::put(Nanoseconds time, std::span<const std::int16_t> samples) {
    if (samples.size() < kChannels) {
        return;
    }
    if (!begun_) {
        keepEarly(time, samples);
        return;
    }
    const std::int64_t tolerance = exact_ ? 0 : kTolerance;
    const std::int64_t difference = toFrames(time - origin_) - frames_;
    const auto count = static_cast<std::int64_t>(samples.size()) / kChannels;
    if (difference > tolerance) {
        appendSilence(std::min(difference, kLongestGap));
        drift_ = 0;
    } else if (difference < -tolerance) {
        const std::int64_t overlap = std::min(-difference, count);
        samples = samples.subspan(static_cast<std::size_t>(overlap * kChannels));
        drift_ = 0;
    } else {
        samples = slew(difference, samples);
    }
    exact_ = exact_ && samples.empty();
    append(samples);
    emitBlocks();
}

void AudioTimeline::splice() {
    exact_ = true;
    drift_ = 0;
}

/// One frame more or less per call: inaudible, and enough for 1000 ppm of clock difference.
std::span<const std::int16_t> AudioTimeline::slew(std::int64_t difference,
                                                  std::span<const std::int16_t> samples) {
    drift_ += (static_cast<double>(difference) - drift_) * kSmoothing;
    if (drift_ > kSlewFrom) {
        append(samples.first(kChannels));
        drift_ -= 1;
    } else if (drift_ < -kSlewFrom) {
        samples = samples.subspan(kChannels);
        drift_ += 1;
    }
    return samples;
}

void AudioTimeline::fill(Nanoseconds until) {
    if (!begun_) {
        return;
    }
    const std::int64_t missing = toFrames(until - origin_) - frames_;
    if (missing > 0) {
        appendSilence(std::min(missing, kLongestGap));
        emitBlocks();
    }
}

void AudioTimeline::append(std::span<const std::int16_t> samples) {
    pending_.insert(pending_.end(), samples.begin(), samples.end());
    frames_ += static_cast<std::int64_t>(samples.size()) / kChannels;
}

void AudioTimeline::appendSilence(std::int64_t frames) {
    pending_.resize(pending_.size() + static_cast<std::size_t>(frames * kChannels), 0);
    frames_ += frames;
}

void AudioTimeline::emitBlocks() {
    constexpr std::size_t size = std::size_t{kBlock} * kChannels;
    std::size_t start = 0;
    for (; pending_.size() - start >= size; start += size) {
        const auto pendingFrames = static_cast<std::int64_t>((pending_.size() - start) / kChannels);
        const auto first = pending_.begin() + static_cast<std::ptrdiff_t>(start);
        onBlock_(origin_ + toTime(frames_ - pendingFrames),
                 std::vector<std::int16_t>(first, first + static_cast<std::ptrdiff_t>(size)));
    }
    pending_.erase(pending_.begin(), pending_.begin() + static_cast<std::ptrdiff_t>(start));
}

} // namespace encode
