#pragma once

#include "pipelines/fanout/fanout.h"
#include "pipelines/fanout/gop_queue.h"

#include <atomic>
#include <condition_variable>
#include <memory>
#include <mutex>
#include <optional>
#include <vector>

namespace outputs {

/// When the reading thread is worth waking: each wake-up costs more than what it does with one
/// unit.
struct Wake {
    base::Nanoseconds span{}; ///< when that much is waiting
    bool keyFrames = false; ///< and when the video frame behind a key frame and its audio have come
};

/// Between the fan-out and the one thread of an output that works on disk. Thread-safe.
class UnitQueue : public fanout::Consumer {
public:
    UnitQueue(fanout::GopQueue::Limits limits, Wake wake) : wake_(wake), queue_(limits) {}

    void setFormat(const fanout::Format& format) override;
    void consume(const fanout::AccessUnit& unit) override;

    /// Blocks until there is a batch, or for a second (then it may be less, or nothing). Nothing at
    /// all when the queue is closed and empty.
    std::optional<std::vector<fanout::Queued>> wait();
    /// What comes from now on is ignored.
    void close();
    [[nodiscard]] std::int64_t dropped() const { return dropped_; }

private:
    const Wake wake_;
    std::mutex mutex_;
    std::condition_variable changed_;
    fanout::GopQueue queue_;
    std::shared_ptr<const fanout::Format> format_;
    struct AfterKeyFrame {
        bool keyFrame = false;                  ///< one came since the last time
        std::optional<base::Nanoseconds> frame; ///< time of the one behind it
        base::Nanoseconds audio{};              ///< time of the last that came
    };

    [[nodiscard]] bool completesKeyFrame(const fanout::AccessUnit& unit);

    AfterKeyFrame after_;
    bool ready_ = false; ///< a batch is there
    bool closed_ = false;
    std::atomic<std::int64_t> dropped_ = 0;
};

} // namespace outputs
