#pragma once

#include "pipelines/base/units.h"

#include <cstdint>
#include <deque>

namespace hls {

/// The bit rates of a rendition as RFC 8216 section 4.3.4.2 defines them. Reentrant.
class Rates {
public:
    explicit Rates(base::Nanoseconds target) : target_(target) {}

    void add(base::Nanoseconds duration, std::int64_t bytes);
    /// The largest rate of any contiguous segments that last 0.5 to 1.5 target durations together.
    [[nodiscard]] base::Bitrate peak() const { return peak_; }
    [[nodiscard]] base::Bitrate average() const;

private:
    struct Part {
        base::Nanoseconds duration{};
        std::int64_t bytes = 0;
    };

    base::Nanoseconds target_;
    std::deque<Part> recent_; ///< newest first, together up to 1.5 target durations
    base::Nanoseconds duration_{};
    std::int64_t bytes_ = 0;
    base::Bitrate peak_;
};

} // namespace hls
