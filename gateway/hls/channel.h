#pragma once

#include "gateway/hls/playlist.h"
#include "gateway/hls/segment_files.h"
#include "gateway/hls/settings.h"
#include "pipelines/base/loop.h"

#include <chrono>
#include <functional>
#include <list>
#include <optional>
#include <string>
#include <string_view>

namespace hls {

/// The HLS side of one stream name: playlists from memory and the files they list. It outlives the
/// streams of that name, so that numbers continue. Owned by the registry. Thread-bound.
class Channel {
public:
    /// After the end of a stream its playlists are there for so long.
    static constexpr std::chrono::seconds kKept{60};

    Channel(std::string directory, const Settings& settings);

    /// A stream begins; what an earlier one left is not listed any more.
    void begin();
    void setFormat(Format format);
    /// A segment that does not follow the one before (`continues` false) gets a discontinuity.
    void add(Segment segment, bool continues);
    /// Nothing follows; withdrawn after kKept.
    void end();

    /// Whether there is a playlist that a player can use.
    [[nodiscard]] bool ready() const { return !playlist_.empty() && format_.has_value(); }
    /// How long a player's request should wait for the next change: until there is a playlist at
    /// all, or until the next segment when that is due within half a segment. After an unchanged
    /// playlist a player waits half a target duration before it asks again (RFC 8216 section
    /// 6.3.4). Nothing: answer at once.
    [[nodiscard]] std::optional<base::Milliseconds> reloadWait() const;
    /// Calls `then` once, later: when the playlists have changed, or after `longest`. Never when
    /// the channel is destroyed first.
    void awaitReload(base::Milliseconds longest, std::function<void()> then);
    /// Both only when ready. `suffix` follows every URI: "?token=…" or nothing.
    [[nodiscard]] std::string media(std::string_view suffix) const {
        return playlist_.print(suffix);
    }
    [[nodiscard]] std::string multivariant(std::string_view suffix) const {
        return playlist_.printMultivariant(*format_, ceiling_, suffix);
    }
    /// Of a file that may be fetched.
    [[nodiscard]] std::optional<std::string> segmentPath(const std::string& name) const {
        return files_.path(name);
    }
    [[nodiscard]] const std::string& directory() const { return files_.directory(); }

private:
    struct Waiter {
        std::function<void()> then;
        base::Timer deadline;
    };

    void answerAfter(std::list<Waiter>::iterator waiter, base::Milliseconds delay);
    void wake();
    void withdraw();
    void retire(const std::vector<Segment>& segments);

    base::Bitrate ceiling_;
    Playlist playlist_;
    SegmentFiles files_;
    std::optional<Format> format_;
    base::Timer timer_;                            ///< of the withdrawal, then of the deletion
    std::chrono::steady_clock::time_point listed_; ///< when the last segment was
    std::list<Waiter> waiters_;
};

} // namespace hls
