#pragma once

#include "pipelines/base/units.h"

#include <algorithm>

namespace base {

/// The pauses between attempts at what keeps failing: each is twice as long as the one before, up
/// to a longest. Thread-bound.
class Backoff {
public:
    Backoff(Milliseconds first, Milliseconds longest)
        : first_(first), longest_(longest), next_(first) {}

    /// The pause before the next attempt; the one after it is longer.
    Milliseconds next() {
        const Milliseconds pause = next_;
        next_ = std::min(2 * next_, longest_);
        return pause;
    }
    /// It worked: the next pause is the first one again.
    void reset() { next_ = first_; }

private:
    Milliseconds first_;
    Milliseconds longest_;
    Milliseconds next_;
};

} // namespace base
