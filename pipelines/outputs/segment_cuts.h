#pragma once

#include "pipelines/base/units.h"

#include <cstdint>
#include <optional>

namespace outputs {

/// Where HLS segments are cut: at the first key frame at which one has reached its length. The
/// first ones of a take are shorter, so that players can begin early. Reentrant.
class SegmentCuts {
public:
    explicit SegmentCuts(base::Nanoseconds target) : target_(target) {}

    /// A key frame is next; true when a segment begins with it. The first one always begins a
    /// segment.
    bool beginsAt(base::Nanoseconds time, std::int64_t take);

private:
    [[nodiscard]] base::Nanoseconds length() const;

    base::Nanoseconds target_;
    std::optional<base::Nanoseconds> start_;
    std::int64_t take_ = 0;
    int segments_ = 0; ///< begun in this take
};

} // namespace outputs
