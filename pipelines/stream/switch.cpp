#include "pipelines/stream/switch.h"

#include <algorithm>
#include <utility>

namespace stream {

using base::Milliseconds;
using base::Nanoseconds;

namespace {

/// How long a source that has audio may send video alone before it takes over without: audio begins
/// some packets after the video, or never when nothing is said.
constexpr Milliseconds kAudioWait{700};
/// Audio later than this is given up for silence: more than retransmission takes.
constexpr Milliseconds kLatestAudio{400};
/// What two publishers send at the same moment may differ by some milliseconds.
constexpr Milliseconds kSmallestStep{1};

} // namespace

Switch::Switch(Source first, std::shared_ptr<Encoder> encoder, std::function<void()> onSwitched)
    : encoder_(std::move(encoder)), onSwitched_(std::move(onSwitched)), active_(first),
      audio_([this](Nanoseconds time, std::vector<std::int16_t> samples) {
          encoder_->encode(time, samples);
      }) {}

void Switch::expect(Source next) {
    const std::lock_guard lock(mutex_);
    next_ = Next{next, false, std::nullopt};
}

bool Switch::withdraw(int source) {
    const std::lock_guard lock(mutex_);
    if (next_ && next_->source.number == source) {
        next_.reset();
    }
    return active_.number != source;
}

int Switch::active() const {
    const std::lock_guard lock(mutex_);
    return active_.number;
}

/// Whether this source's video goes on. With the lock held.
bool Switch::passes(int source, Nanoseconds time, bool keyFrame) {
    if (keyFrame && next_ && next_->source.number == source) {
        next_->firstKeyFrame = next_->firstKeyFrame.value_or(time);
        if (!next_->source.hasAudio || next_->audioCame ||
            time - *next_->firstKeyFrame >= kAudioWait) {
            active_ = next_->source;
            next_.reset();
            audio_.splice();
            onSwitched_();
        }
    }
    return source == active_.number;
}

void Switch::push(int source, gst::VideoFrame frame) {
    const Nanoseconds time(GST_BUFFER_PTS(frame.data.get()));
    const std::lock_guard lock(mutex_);
    if (passes(source, time, true)) {
        audio_.begin(time);
        encoder_->encode(std::move(frame)); // which evens the times out itself
    }
}

void Switch::push(int source, fanout::AccessUnit unit, const gst::Ref<GstCaps>& format) {
    const std::lock_guard lock(mutex_);
    if (passes(source, unit.time, unit.keyFrame)) {
        unit.time = std::max(unit.time, lastVideo_ + kSmallestStep);
        lastVideo_ = unit.time;
        audio_.begin(unit.time);
        encoder_->passOn(std::move(unit), format);
    }
}

void Switch::push(int source, Nanoseconds time, gst::AudioSamples samples) {
    const std::lock_guard lock(mutex_);
    if (source == active_.number) {
        audio_.put(time, samples);
    } else if (next_ && next_->source.number == source) {
        next_->audioCame = true;
    }
}

void Switch::fillSilence(Nanoseconds now) {
    const std::lock_guard lock(mutex_);
    audio_.fill(now - (active_.hasAudio ? kLatestAudio : Milliseconds(0)));
}

} // namespace stream
