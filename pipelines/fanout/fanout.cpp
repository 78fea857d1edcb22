#include "pipelines/fanout/fanout.h"

#include <algorithm>
#include <utility>

namespace fanout {

using base::Nanoseconds;
using namespace std::chrono_literals;

namespace {

/// What is kept for a new output. A publisher who sends no key frames for longer than that gets
/// outputs that wait for the next one.
constexpr Nanoseconds kLongestGop = 12s;
constexpr std::size_t kLargestGop = 8 * 1024 * 1024;
/// Audio that is ahead of its video: encoders differ in their delay.
constexpr Nanoseconds kAudioAhead = 2s;
/// A GOP up to this age is no burst to a network: at most 100 kB at 2.5 Mbit/s.
constexpr Nanoseconds kFresh = 300ms;

} // namespace

void Fanout::setFormat(Format format) {
    const std::lock_guard lock(mutex_);
    const bool first = !format_.video;
    format_ = std::move(format);
    formatChanged_ = !first;
    if (first && inGop_) {
        std::for_each(subscribers_.begin(), subscribers_.end(), [this](auto& s) { start(s); });
    }
}

void Fanout::push(AccessUnit unit) {
    const std::lock_guard lock(mutex_);
    const bool begins = unit.media == Media::Video && unit.keyFrame;
    if (begins) {
        beginGop(unit);
    } else {
        cache(unit);
    }
    for (Subscriber& subscriber : subscribers_) {
        if (!subscriber.started) {
            if (begins) {
                start(subscriber);
            }
            continue;
        }
        if (begins && formatChanged_) {
            subscriber.consumer->setFormat(format_);
        }
        if (unit.media == Media::Video || unit.time >= subscriber.from) {
            subscriber.consumer->consume(unit);
        }
    }
    formatChanged_ = formatChanged_ && !begins;
}

/// Keeps the audio that came early for the new GOP, behind its key frame.
void Fanout::beginGop(const AccessUnit& keyFrame) {
    std::erase_if(gop_, [&](const AccessUnit& kept) {
        return kept.media == Media::Video || kept.time < keyFrame.time;
    });
    gop_.push_front(keyFrame);
    newestVideo_ = keyFrame.time;
    gopBytes_ = 0;
    for (const AccessUnit& kept : gop_) {
        gopBytes_ += kept.size();
    }
    inGop_ = true;
}

void Fanout::cache(const AccessUnit& unit) {
    if (unit.media == Media::Video && !inGop_) {
        return;
    }
    gop_.push_back(unit);
    newestVideo_ = unit.media == Media::Video ? unit.time : newestVideo_;
    gopBytes_ += unit.size();
    trim();
}

void Fanout::trim() {
    const Nanoseconds span = gop_.back().time - gop_.front().time;
    if (inGop_ && (span > kLongestGop || gopBytes_ > kLargestGop)) {
        gop_.clear();
        gopBytes_ = 0;
        inGop_ = false;
    } else if (!inGop_ && span > kAudioAhead) {
        gopBytes_ -= gop_.front().size();
        gop_.pop_front();
    }
}

/// Hands over the cached GOP, where there is one that this consumer wants.
void Fanout::start(Subscriber& subscriber) {
    if (!inGop_ || !format_.video) {
        return;
    }
    const Nanoseconds from = gop_.front().time;
    if (subscriber.consumer->begin() == Begin::Live && newestVideo_ - from > kFresh) {
        return;
    }
    subscriber.started = true;
    subscriber.from = from;
    subscriber.consumer->setFormat(format_);
    for (const AccessUnit& unit : gop_) {
        if (unit.time >= from) {
            subscriber.consumer->consume(unit);
        }
    }
}

void Fanout::add(std::shared_ptr<Consumer> consumer) {
    const std::lock_guard lock(mutex_);
    subscribers_.push_back(Subscriber{std::move(consumer)});
    start(subscribers_.back());
}

void Fanout::remove(const std::shared_ptr<Consumer>& consumer) {
    const std::lock_guard lock(mutex_);
    std::erase_if(subscribers_, [&](const Subscriber& s) { return s.consumer == consumer; });
}

} // namespace fanout
