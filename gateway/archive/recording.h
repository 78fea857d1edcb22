#pragma once

#include "gateway/archive/names.h"
#include "pipelines/base/units.h"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace archive {

enum class State {
    Recording, ///< grows
    Finishing, ///< ended, fragmented, playable; will become an ordinary MP4
    Finished,
    Failed,  ///< nothing playable was recorded
    Deleted, ///< only ever told, never kept
};

std::string_view nameOf(State state);
std::optional<State> stateNamed(std::string_view name);

/// One recording, as the archive knows it: a value.
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
