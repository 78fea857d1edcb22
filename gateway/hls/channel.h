#pragma once

#include "gateway/hls/playlist.h"
#include "gateway/hls/rates.h"
#include "gateway/hls/segment_files.h"
#include "gateway/hls/settings.h"
#include "pipelines/base/loop.h"

#include <optional>
#include <string>
#include <string_view>

namespace hls {

/// What the encoders make, for the multivariant playlist.
struct Format {
    std::string codecs;
    base::PictureSize size;
    int frameRate = 0;
};

/// The HLS side of one stream name: playlists from memory and the files they list. It outlives the
/// streams of that name, so that numbers continue. Owned by the registry. Thread-bound.
class Channel {
public:
    /// After the end of a stream its playlists are there for so long.
    static constexpr std::chrono::seconds kKept{60};

    Channel(std::string directory, const Settings& settings);

    /// A stream begins; what an earlier one left is not listed any more.
    void begin();
    void setFormat(Format format) { format_ = std::move(format); }
    /// A segment that does not follow the one before (`continues` false) gets a discontinuity.
    void add(Segment segment, bool continues);
    /// Nothing follows; withdrawn after kKept.
    void end();

    /// Whether there is a playlist that a player can use.
    [[nodiscard]] bool ready() const { return !playlist_.empty() && format_.has_value(); }
    /// Both only when ready. `suffix` follows every URI: "?token=…" or nothing.
    [[nodiscard]] std::string media(std::string_view suffix) const {
        return playlist_.print(suffix);
    }
    [[nodiscard]] std::string multivariant(std::string_view suffix) const;
    /// Of a file that may be fetched.
    [[nodiscard]] std::optional<std::string> segmentPath(const std::string& name) const {
        return files_.path(name);
    }
    [[nodiscard]] const std::string& directory() const { return files_.directory(); }

private:
    void withdraw();
    void retire(const std::vector<Segment>& segments);

    base::Bitrate ceiling_;
    Playlist playlist_;
    Rates rates_;
    SegmentFiles files_;
    std::optional<Format> format_;
    base::Timer timer_; ///< of the withdrawal, then of the deletion
};

} // namespace hls
