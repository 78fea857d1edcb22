#pragma once

#include "gateway/hls/settings.h"
#include "pipelines/base/units.h"

#include <cstdint>
#include <deque>
#include <string>
#include <string_view>
#include <vector>

namespace hls {

struct Segment {
    std::string name; ///< file name, also the last part of its URI
    base::Nanoseconds duration{};
    std::int64_t bytes = 0;
    base::WallTime time{}; ///< when its first picture was taken
};

/// What the encoders make, for the multivariant playlist.
struct Format {
    std::string codecs; ///< RFC 6381
    base::PictureSize size;
    int frameRate = 0; ///< 0: unknown
};

/// The playlists (RFC 8216) of one stream name. Numbers go on over interruptions and restarts, for
/// as long as the object lives. Reentrant.
class Playlist {
public:
    explicit Playlist(const Settings& settings);

    /// Lists a segment; returns those that are not listed any more.
    std::vector<Segment> add(Segment segment);
    /// The next segment does not follow the last one: other parameters or another clock.
    void interrupt() { interrupted_ = next_ > 0; }
    /// Nothing follows.
    void end() { ended_ = true; }
    /// Unlists everything and goes on, with a discontinuity. Returns what was listed.
    std::vector<Segment> restart();

    [[nodiscard]] bool empty() const { return listed_.empty(); }
    [[nodiscard]] bool ended() const { return ended_; }
    /// The media playlist. `suffix` follows every URI: "?token=…" or nothing.
    [[nodiscard]] std::string print(std::string_view suffix) const;
    /// The multivariant playlist with its only rendition. Its BANDWIDTH is `expected`, or what the
    /// segments since the last restart needed, when that is more.
    [[nodiscard]] std::string printMultivariant(const Format& format, base::Bitrate expected,
                                                std::string_view suffix) const;
    /// The longest it ever was: for that long a player may still ask for what was unlisted.
    [[nodiscard]] base::Nanoseconds longest() const { return longest_; }
    [[nodiscard]] base::Nanoseconds target() const { return target_; }

private:
    struct Listed {
        Segment segment;
        bool discontinuity = false; ///< stands before it
    };

    Segment unlist();
    void updatePeak();

    std::size_t window_;
    std::chrono::seconds target_;
    std::deque<Listed> listed_;
    std::uint64_t next_ = 0;            ///< number of the segment that comes next
    std::uint64_t discontinuities_ = 0; ///< of those that are not listed any more
    base::Nanoseconds length_{};        ///< of what is listed
    base::Nanoseconds longest_{};
    base::Nanoseconds duration_{}; ///< of all segments since the last restart
    std::int64_t bytes_ = 0;       ///< likewise
    base::Bitrate peak_;           ///< likewise
    bool interrupted_ = false;
    bool ended_ = false;
};

} // namespace hls
