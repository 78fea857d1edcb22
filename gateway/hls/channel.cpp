#include "gateway/hls/channel.h"

#include <algorithm>

namespace hls {

namespace {

using namespace std::chrono_literals;

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

void Channel::add(Segment segment, bool continues) {
    if (!continues) {
        playlist_.interrupt();
    }
    files_.add(segment.name);
    rates_.add(segment.duration, segment.bytes);
    retire(playlist_.add(std::move(segment)));
}

void Channel::end() {
    playlist_.end();
    const auto kept = std::max<base::Nanoseconds>(kKept, 3 * playlist_.longest());
    timer_ = base::Timer::once(std::chrono::ceil<base::Milliseconds>(kept), [this] { withdraw(); });
}

void Channel::withdraw() {
    playlist_.restart();
    // Whoever has the last playlist may still fetch what it lists.
    timer_ = base::Timer::once(std::chrono::ceil<base::Milliseconds>(playlist_.longest() + 1s),
                               [this] { files_.clear(); });
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
