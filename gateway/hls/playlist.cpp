#include "gateway/hls/playlist.h"

#include "pipelines/base/time_text.h"

#include <algorithm>
#include <glib.h>
#include <utility>

namespace hls {

namespace {

/// INDEPENDENT-SEGMENTS and decimal durations are in it.
constexpr const char* kHead = "#EXTM3U\n#EXT-X-VERSION:6\n#EXT-X-INDEPENDENT-SEGMENTS\n";

/// With a point whatever the locale.
std::string decimal(double value, const char* format) {
    char text[G_ASCII_DTOSTR_BUF_SIZE];
    return g_ascii_formatd(text, sizeof text, format, value);
}

double seconds(base::Nanoseconds duration) {
    return std::chrono::duration<double>(duration).count();
}

base::Bitrate rateOf(std::int64_t bytes, base::Nanoseconds duration) {
    return base::Bitrate{
        static_cast<std::int64_t>(static_cast<double>(bytes) * 8 / seconds(duration))};
}

/// So that BANDWIDTH changes rarely when a stream exceeds what was expected.
base::Bitrate roundedUp(base::Bitrate rate) {
    constexpr std::int64_t kStep = 100'000;
    return base::Bitrate{(rate.bitsPerSecond + kStep - 1) / kStep * kStep};
}

} // namespace

Playlist::Playlist(const Settings& settings)
    : window_(std::max<std::size_t>(settings.window, 3)),
      target_(std::chrono::ceil<std::chrono::seconds>(settings.segment)) {}

std::vector<Segment> Playlist::add(Segment segment) {
    // Cuts are exact, so this raises nothing; a publisher whose key frames come late makes a longer
    // segment, and a player must not be told that it is short (RFC 8216 section 4.3.3.1).
    target_ = std::max(target_, std::chrono::round<std::chrono::seconds>(segment.duration));
    ended_ = false;
    length_ += segment.duration;
    duration_ += segment.duration;
    bytes_ += segment.bytes;
    listed_.push_back({std::move(segment), std::exchange(interrupted_, false)});
    ++next_;
    updatePeak();

    std::vector<Segment> unlisted;
    // Section 6.2.2: what stays lasts three target durations at least.
    while (listed_.size() > window_ && length_ - listed_.front().segment.duration >= 3 * target_) {
        unlisted.push_back(unlist());
    }
    longest_ = std::max(longest_, length_);
    return unlisted;
}

/// RFC 8216 section 4.3.4.2: the largest rate of any contiguous segments that last 0.5 to 1.5
/// target durations together. Here of those that end with the newest.
void Playlist::updatePeak() {
    base::Nanoseconds duration{};
    std::int64_t bytes = 0;
    for (auto listed = listed_.rbegin(); listed != listed_.rend(); ++listed) {
        duration += listed->segment.duration;
        bytes += listed->segment.bytes;
        if (listed != listed_.rbegin() && duration * 2 > target_ * 3) {
            return;
        }
        if (duration * 2 >= target_) {
            peak_ = std::max(peak_, rateOf(bytes, duration));
        }
    }
}

Segment Playlist::unlist() {
    Listed first = std::move(listed_.front());
    listed_.pop_front();
    length_ -= first.segment.duration;
    discontinuities_ += first.discontinuity ? 1 : 0;
    return std::move(first.segment);
}

std::vector<Segment> Playlist::restart() {
    std::vector<Segment> unlisted;
    while (!listed_.empty()) {
        unlisted.push_back(unlist());
    }
    ended_ = false;
    duration_ = {};
    bytes_ = 0;
    peak_ = {};
    interrupt();
    return unlisted;
}

std::string Playlist::print(std::string_view suffix) const {
    std::string text = kHead;
    text += "#EXT-X-TARGETDURATION:" + std::to_string(target_.count()) + "\n";
    text += "#EXT-X-MEDIA-SEQUENCE:" + std::to_string(next_ - listed_.size()) + "\n";
    text += "#EXT-X-DISCONTINUITY-SEQUENCE:" + std::to_string(discontinuities_) + "\n";
    for (const auto& [segment, discontinuity] : listed_) {
        if (discontinuity) {
            text += "#EXT-X-DISCONTINUITY\n";
        }
        text += "#EXT-X-PROGRAM-DATE-TIME:" + base::rfc3339(segment.time) + "\n";
        text += "#EXTINF:" + decimal(seconds(segment.duration), "%.6f") + ",\n";
        text += segment.name;
        text += suffix;
        text += "\n";
    }
    if (ended_) {
        text += "#EXT-X-ENDLIST\n";
    }
    return text;
}

std::string Playlist::printMultivariant(const Format& format, base::Bitrate expected,
                                        std::string_view suffix) const {
    const base::Bitrate peak = std::max(roundedUp(peak_), expected);
    const base::Bitrate average =
        duration_ > base::Nanoseconds{} ? rateOf(bytes_, duration_) : base::Bitrate{};
    std::string text = kHead;
    text += "#EXT-X-STREAM-INF:BANDWIDTH=" + std::to_string(peak.bitsPerSecond);
    text += ",AVERAGE-BANDWIDTH=" + std::to_string(average.bitsPerSecond);
    text += ",CODECS=\"" + format.codecs + "\"";
    text += ",RESOLUTION=" + std::to_string(format.size.width) + "x" +
            std::to_string(format.size.height);
    if (format.frameRate > 0) {
        text += ",FRAME-RATE=" + decimal(format.frameRate, "%.3f");
    }
    text += "\nmedia.m3u8";
    text += suffix;
    text += "\n";
    return text;
}

} // namespace hls
