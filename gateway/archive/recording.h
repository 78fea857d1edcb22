#pragma once

#include "pipelines/base/units.h"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

/// What recordings are called on disk, in URLs and in JSON, and what is known of each. Values.
/// Reentrant.
namespace archive {

/// "demo-20261120T101500.123Z". Only what parse() lets through ever becomes part of a path.
class Id {
public:
    /// `stream` is a valid name.
    Id(std::string stream, base::WallTime start);
    /// Nothing for text that is not exactly such an id.
    static std::optional<Id> parse(std::string_view text);
    /// Of ".../<stream>/<start>.mp4" or "….mp4.part".
    static std::optional<Id> ofPath(std::string_view path);

    [[nodiscard]] const std::string& stream() const { return stream_; }
    [[nodiscard]] base::WallTime start() const { return start_; }
    [[nodiscard]] std::string text() const;
    /// "20261120T101500.123Z.mp4"; of the growing file, and of the one a finisher works on.
    [[nodiscard]] std::string fileName() const;
    [[nodiscard]] std::string partName() const { return fileName() + ".part"; }
    [[nodiscard]] std::string workingName() const { return fileName() + ".finishing"; }

    bool operator==(const Id&) const = default;

private:
    std::string stream_;
    base::WallTime start_; ///< whole milliseconds
};

enum class State {
    Recording, ///< grows
    Finishing, ///< ended, fragmented, playable; will become an ordinary MP4
    Finished,
    Failed,  ///< nothing playable was recorded
    Deleted, ///< only in what listeners get
};

std::string_view nameOf(State state);
std::optional<State> stateNamed(std::string_view name);

/// One recording, as the archive knows it.
struct RecordingInfo {
    Id id;
    base::Nanoseconds duration{};
    std::int64_t bytes = 0; ///< while it grows: what is safe on disk
    State state = State::Recording;
    std::string warning; ///< what went wrong with it, for people
    std::string delay;   ///< why it is not finished yet, for people
};

/// The object of the JSON interface; of a deleted one only id and state.
std::string toJson(const RecordingInfo& recording);
std::string toJson(const std::vector<RecordingInfo>& recordings); ///< {"recordings":[…]}

} // namespace archive
