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
    listed_.push_back({std::move(segment), std::exchange(interrupted_, false)});
    ++next_;

    std::vector<Segment> unlisted;
    // Section 6.2.2: what stays lasts three target durations at least.
    while (listed_.size() > window_ && length_ - listed_.front().segment.duration >= 3 * target_) {
        unlisted.push_back(unlist());
    }
    longest_ = std::max(longest_, length_);
    return unlisted;
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

std::string printMultivariant(const Variant& variant, std::string_view suffix) {
    std::string text = kHead;
    text += "#EXT-X-STREAM-INF:BANDWIDTH=" + std::to_string(variant.peak.bitsPerSecond);
    text += ",AVERAGE-BANDWIDTH=" + std::to_string(variant.average.bitsPerSecond);
    text += ",CODECS=\"" + variant.codecs + "\"";
    text += ",RESOLUTION=" + std::to_string(variant.size.width) + "x" +
            std::to_string(variant.size.height);
    if (variant.frameRate > 0) {
        text += ",FRAME-RATE=" + decimal(variant.frameRate, "%.3f");
    }
    text += "\nmedia.m3u8";
    text += suffix;
    text += "\n";
    return text;
}

} // namespace hls
