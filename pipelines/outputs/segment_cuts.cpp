#include "pipelines/outputs/segment_cuts.h"

#include <algorithm>

namespace outputs {

using base::Nanoseconds;
using namespace std::chrono_literals;

namespace {

/// Key frames come a little early or late; a whole GOP more would be far too long.
constexpr Nanoseconds kTolerance = 50ms;
constexpr Nanoseconds kEarlyLength = 1s;
constexpr int kEarlySegments = 2;

} // namespace

Nanoseconds SegmentCuts::length() const {
    return segments_ <= kEarlySegments ? std::min(kEarlyLength, target_) : target_;
}

bool SegmentCuts::beginsAt(Nanoseconds time, std::int64_t take) {
    const bool newTake = !start_ || take != take_;
    if (!newTake && time - *start_ < length() - kTolerance) {
        return false;
    }
    segments_ = newTake ? 1 : segments_ + 1;
    start_ = time;
    take_ = take;
    return true;
}

} // namespace outputs
