#include "gateway/hls/channel.h"

#include <algorithm>

namespace hls {

namespace {

using namespace std::chrono_literals;

/// For the first playlist of a stream; the server answers for us after 5 s.
constexpr base::Milliseconds kBeginning = 4s;
/// A segment is listed so much later than it is due.
constexpr base::Milliseconds kLate = 300ms;

/// BANDWIDTH changes rarely when a stream exceeds what was expected.
base::Bitrate roundedUp(base::Bitrate rate) {
    constexpr std::int64_t kStep = 100'000;
    return base::Bitrate{(rate.bitsPerSecond + kStep - 1) / kStep * kStep};
}

} // namespace

Channel::Channel(std::string directory, const Settings& settings)
    : ceiling_(settings.ceiling), playlist_(settings), rates_(playlist_.target()),
      files_(std::move(directory)) {}

void Channel::begin() {
    timer_.stop();
    retire(playlist_.restart());
    rates_ = Rates(playlist_.target());
    format_.reset();
}

void Channel::setFormat(Format format) {
    const bool waited = !ready();
    format_ = std::move(format);
    if (waited && ready()) {
        wake();
    }
}

void Channel::add(Segment segment, bool continues) {
    if (!continues) {
        playlist_.interrupt();
    }
    files_.add(segment.name);
    rates_.add(segment.duration, segment.bytes);
    retire(playlist_.add(std::move(segment)));
    listed_ = std::chrono::steady_clock::now();
    if (ready()) {
        wake();
    }
}

void Channel::end() {
    playlist_.end();
    wake();
    const auto kept = std::max<base::Nanoseconds>(kKept, 3 * playlist_.longest());
    timer_ = base::Timer::once(std::chrono::ceil<base::Milliseconds>(kept), [this] { withdraw(); });
}

void Channel::withdraw() {
    playlist_.restart();
    // Whoever has the last playlist may still fetch what it lists.
    timer_ = base::Timer::once(std::chrono::ceil<base::Milliseconds>(playlist_.longest() + 1s),
                               [this] { files_.clear(); });
}

std::optional<base::Milliseconds> Channel::patience() const {
    if (playlist_.ended()) {
        return std::nullopt;
    }
    if (!ready()) {
        return kBeginning;
    }
    const auto due = listed_ + playlist_.target() - std::chrono::steady_clock::now();
    if (due > playlist_.target() / 2 || due < -kLate) {
        return std::nullopt;
    }
    return std::chrono::ceil<base::Milliseconds>(due) + kLate;
}

void Channel::await(base::Milliseconds patience, std::function<void()> then) {
    answerAfter(waiters_.insert(waiters_.end(), {std::move(then), {}}), patience);
}

void Channel::answerAfter(std::list<Waiter>::iterator waiter, base::Milliseconds delay) {
    waiter->deadline = base::Timer::once(delay, [this, waiter] {
        const auto then = std::move(waiter->then);
        waiters_.erase(waiter);
        then();
    });
}

void Channel::wake() {
    for (auto waiter = waiters_.begin(); waiter != waiters_.end(); ++waiter) {
        answerAfter(waiter, 0ms);
    }
}

std::string Channel::multivariant(std::string_view suffix) const {
    const base::Bitrate peak = std::max(roundedUp(rates_.peak()), ceiling_);
    return printMultivariant(
        Variant{peak, rates_.average(), format_->codecs, format_->size, format_->frameRate},
        suffix);
}

/// RFC 8216 section 6.2.2: for its own duration and that of the longest playlist that listed it.
void Channel::retire(const std::vector<Segment>& segments) {
    for (const Segment& segment : segments) {
        files_.retire(segment.name, segment.duration + playlist_.longest());
    }
}

} // namespace hls
