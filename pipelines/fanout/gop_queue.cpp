#include "pipelines/fanout/gop_queue.h"

#include <algorithm>
#include <utility>

namespace fanout {

namespace {

bool isKeyFrame(const AccessUnit& unit) {
    return unit.media == Media::Video && unit.keyFrame;
}

} // namespace

base::Nanoseconds GopQueue::span() const {
    if (items_.empty()) {
        return base::Nanoseconds(0);
    }
    return std::max(items_.back().unit.time - items_.front().unit.time, base::Nanoseconds(0));
}

/// Half of the room, so that a slow output gets whole GOPs and not the beginnings of many.
bool GopQueue::resumes(const AccessUnit& unit) const {
    return isKeyFrame(unit) && bytes_ <= limits_.bytes / 2 && span() <= limits_.span / 2;
}

bool GopQueue::push(Queued item) {
    if (dropping_ && resumes(item.unit)) {
        dropping_ = false;
        resumed_ = item.unit.time;
    }
    if (dropping_ || (item.unit.media == Media::Audio && item.unit.time < resumed_)) {
        ++dropped_;
        return false;
    }
    bytes_ += item.unit.size();
    items_.push_back(std::move(item));
    if (bytes_ <= limits_.bytes && span() <= limits_.span) {
        return true;
    }
    dropNewestGop();
    return false;
}

/// Where its key frame is already taken, the GOP ends early.
void GopQueue::dropNewestGop() {
    const auto key = std::find_if(items_.rbegin(), items_.rend(),
                                  [](const Queued& item) { return isKeyFrame(item.unit); });
    const auto first = key == items_.rend() ? items_.begin() : std::prev(key.base());
    std::for_each(first, items_.end(), [this](const Queued& item) { bytes_ -= item.unit.size(); });
    dropped_ += std::distance(first, items_.end());
    items_.erase(first, items_.end());
    dropping_ = true;
}

std::vector<Queued> GopQueue::takeAll() {
    bytes_ = 0;
    return std::exchange(items_, {});
}

} // namespace fanout
