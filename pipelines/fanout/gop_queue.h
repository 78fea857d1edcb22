#pragma once

#include "pipelines/fanout/access_unit.h"

#include <cstddef>
#include <cstdint>
#include <memory>
#include <vector>

namespace fanout {

/// An access unit with the format it belongs to.
struct Queued {
    AccessUnit unit;
    std::shared_ptr<const Format> format;
};

/// What waits for a slow output. When it is full the newest GOP goes, audio and video together, and
/// so does all that follows until a key frame comes and there is room again: what comes out always
/// decodes. Reentrant; the caller locks.
class GopQueue {
public:
    struct Limits {
        std::size_t bytes = 0;
        base::Nanoseconds span{};
    };

    explicit GopQueue(Limits limits) : limits_(limits) {}

    /// False when the unit, and perhaps others before it, was dropped.
    bool push(Queued item);
    /// All of it, in order.
    std::vector<Queued> takeAll();

    [[nodiscard]] bool empty() const { return items_.empty(); }
    [[nodiscard]] base::Nanoseconds span() const;
    /// Access units dropped since the start.
    [[nodiscard]] std::int64_t dropped() const { return dropped_; }

private:
    [[nodiscard]] bool resumes(const AccessUnit& unit) const;
    void dropNewestGop();

    Limits limits_;
    std::vector<Queued> items_;
    std::size_t bytes_ = 0;
    bool dropping_ = false;
    base::Nanoseconds resumed_{}; ///< time of the key frame after the last loss
    std::int64_t dropped_ = 0;
};

} // namespace fanout
