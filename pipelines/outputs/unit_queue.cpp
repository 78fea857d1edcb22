#include "pipelines/outputs/unit_queue.h"

namespace outputs {

using namespace std::chrono_literals;

void UnitQueue::setFormat(const fanout::Format& format) {
    const std::lock_guard lock(mutex_);
    format_ = std::make_shared<const fanout::Format>(format);
}

void UnitQueue::consume(const fanout::AccessUnit& unit) {
    const std::lock_guard lock(mutex_);
    if (closed_) {
        return;
    }
    queue_.push(fanout::Queued{unit, format_});
    dropped_ = queue_.dropped();
    const bool complete = wake_.keyFrames && completesKeyFrame(unit);
    if (!ready_ && (complete || queue_.span() >= wake_.span)) {
        ready_ = true;
        changed_.notify_one();
    }
}

bool UnitQueue::completesKeyFrame(const fanout::AccessUnit& unit) {
    if (unit.media == fanout::Media::Audio) {
        after_.audio = unit.time;
    } else if (unit.keyFrame) {
        after_.keyFrame = true;
        after_.frame.reset();
    } else if (after_.keyFrame && !after_.frame) {
        after_.frame = unit.time;
    }
    if (after_.frame && after_.audio >= *after_.frame) {
        after_.keyFrame = false;
        after_.frame.reset();
        return true;
    }
    return false;
}

std::optional<std::vector<fanout::Queued>> UnitQueue::wait() {
    std::unique_lock lock(mutex_);
    changed_.wait_for(lock, 1s, [this] { return ready_ || closed_; });
    ready_ = false;
    if (closed_ && queue_.empty()) {
        return std::nullopt;
    }
    return queue_.takeAll();
}

void UnitQueue::close() {
    const std::lock_guard lock(mutex_);
    closed_ = true;
    changed_.notify_one();
}

} // namespace outputs
