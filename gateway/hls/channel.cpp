#include "gateway/hls/channel.h"

#include <algorithm>

namespace hls {

namespace {

using namespace std::chrono_literals;

/// How long a request waits for the first playlist of a stream; the HTTP server gives up after 5 s.
constexpr base::Milliseconds kFirstPlaylist = 4s;
/// How much later than expected the next segment may be listed.
constexpr base::Milliseconds kLate = 300ms;

} // namespace

Channel::Channel(std::string directory, const Settings& settings)
    : ceiling_(settings.ceiling), playlist_(settings), files_(std::move(directory)) {}

void Channel::begin() {
    timer_.stop();
    retire(playlist_.restart());
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

std::optional<base::Milliseconds> Channel::reloadWait() const {
    if (playlist_.ended()) {
        return std::nullopt;
    }
    if (!ready()) {
        return kFirstPlaylist;
    }
    const auto due = listed_ + playlist_.target() - std::chrono::steady_clock::now();
    if (due > playlist_.target() / 2 || due < -kLate) {
        return std::nullopt;
    }
    return std::chrono::ceil<base::Milliseconds>(due) + kLate;
}

void Channel::awaitReload(base::Milliseconds longest, std::function<void()> then) {
    answerAfter(waiters_.insert(waiters_.end(), {std::move(then), {}}), longest);
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

/// RFC 8216 section 6.2.2: a segment stays available for its own duration and that of the longest
/// playlist that listed it.
void Channel::retire(const std::vector<Segment>& segments) {
    for (const Segment& segment : segments) {
        files_.retire(segment.name, segment.duration + playlist_.longest());
    }
}

} // namespace hls
