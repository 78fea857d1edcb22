#pragma once

#include "pipelines/base/units.h"

#include <algorithm>
#include <cstdint>
#include <optional>

namespace outputs {

/// Where HLS segments are cut: at the first key frame at which one has reached its length. The
/// first two of a take are shorter, so that players can begin early. Reentrant.
class SegmentCuts {
public:
    explicit SegmentCuts(base::Nanoseconds target) : target_(target) {}

    /// A key frame is next; true when a segment begins with it. The first one always begins a
    /// segment.
    bool beginsAt(base::Nanoseconds time, std::int64_t take) {
        const bool newTake = !start_ || take != take_;
        const auto length = segments_ <= kEarlySegments ? std::min(kEarlyLength, target_) : target_;
        if (!newTake && time - *start_ < length - kTolerance) {
            return false;
        }
        segments_ = newTake ? 1 : segments_ + 1;
        start_ = time;
        take_ = take;
        return true;
    }

private:
    /// Key frames come a little early or late; a whole GOP more would be far too long.
    static constexpr base::Nanoseconds kTolerance = base::Milliseconds(50);
    static constexpr base::Nanoseconds kEarlyLength = base::Milliseconds(1000);
    static constexpr int kEarlySegments = 2;

    base::Nanoseconds target_;
    std::optional<base::Nanoseconds> start_;
    std::int64_t take_ = 0;
    int segments_ = 0; ///< begun in this take
};

} // namespace outputs
