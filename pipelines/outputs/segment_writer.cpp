#include "pipelines/outputs/segment_writer.h"

#include "pipelines/outputs/caps.h"

#include <algorithm>
#include <cstdio>
#include <random>
#include <utility>

namespace outputs {

using base::Nanoseconds;
using base::Result;
using fanout::Media;
using namespace std::chrono_literals;

namespace {

constexpr std::size_t kWriteSize = 256 * 1024;
/// Without pictures for that long, audio goes on alone.
constexpr Nanoseconds kLongestWait = 1s;
constexpr base::Milliseconds kFirstPause = 1s;
constexpr base::Milliseconds kLongestPause = 30s;

std::string randomPrefix() {
    std::random_device random;
    char text[17];
    std::snprintf(text, sizeof text, "%08x%08x", random(), random());
    return text;
}

} // namespace

SegmentWriter::SegmentWriter(HlsConfig config, EventPost events)
    : config_(std::move(config)), events_(std::move(events)), prefix_(randomPrefix()),
      cuts_(config_.segmentDuration) {}

void SegmentWriter::write(const std::vector<fanout::Queued>& batch) {
    for (const fanout::Queued& item : batch) {
        if (auto added = add(item); !added) {
            recover(added.error());
        }
    }
}

void SegmentWriter::finish() {
    auto ended = addAudio(Nanoseconds::max());
    if (ended) {
        ended = end(pictureEnd_);
    }
    if (!ended) {
        recover(ended.error());
    }
}

Result<void> SegmentWriter::add(const fanout::Queued& item) {
    const fanout::AccessUnit& unit = item.unit;
    if (!open_ && (!unit.keyFrame || Clock::now() < retry_)) {
        return {};
    }
    if (auto used = useFormat(item.format); !used) {
        return used;
    }
    if (unit.media == Media::Video) {
        return addPicture(unit);
    }
    audio_.push_back(unit);
    const bool alone = unit.time - audio_.front().time > kLongestWait;
    return addAudio(alone ? Nanoseconds::max() : pictureEnd_);
}

Result<void> SegmentWriter::addPicture(const fanout::AccessUnit& picture) {
    if (auto added = addAudio(picture.time); !added) {
        return added;
    }
    if (picture.keyFrame && cuts_.beginsAt(picture.time, picture.take)) {
        auto cut = end(picture.time);
        if (cut) {
            cut = begin(picture);
        }
        if (!cut) {
            return cut;
        }
    }
    const Nanoseconds usual = pictureDurationOf(*format_);
    pictureEnd_ = picture.time + (picture.duration > 0ns ? picture.duration : usual);
    return mux(picture);
}

Result<void> SegmentWriter::addAudio(Nanoseconds before) {
    while (open_ && !audio_.empty() && audio_.front().time < before) {
        if (auto muxed = mux(audio_.front()); !muxed) {
            return muxed;
        }
        audio_.pop_front();
    }
    return {};
}

Result<void> SegmentWriter::useFormat(const std::shared_ptr<const fanout::Format>& format) {
    if (format == format_) {
        return {};
    }
    // Pictures carry their parameters with them; for another sound the program must say so.
    if (!muxer_ || !sameAudio(*format, *format_)) {
        if (auto ended = end(pictureEnd_); !ended) {
            return ended;
        }
        auto muxer = TsMuxer::make(*format, TsMuxer::Audio::Grouped);
        if (!muxer) {
            return base::fail(muxer.error());
        }
        muxer_ = std::move(*muxer);
        cuts_ = SegmentCuts(config_.segmentDuration);
    }
    format_ = format;
    return {};
}

Result<void> SegmentWriter::begin(const fanout::AccessUnit& picture) {
    auto file =
        SegmentFile::create(config_.directory, prefix_ + "-" + std::to_string(count_++) + ".ts");
    if (!file) {
        return base::fail(file.error());
    }
    open_.emplace(Open{std::move(*file), picture.time, picture.take});
    return {};
}

/// `time`: of the picture that is not in it any more.
Result<void> SegmentWriter::end(Nanoseconds time) {
    if (!open_) {
        return {};
    }
    auto ended = muxer_->cut(bytes_);
    if (ended) {
        ended = open_->file.write(std::exchange(bytes_, {}));
    }
    if (ended) {
        ended = open_->file.complete();
    }
    if (!ended) {
        return ended;
    }
    events_.segment(Segment{open_->file.name(), open_->start, time - open_->start,
                            open_->file.bytes(), open_->take});
    open_.reset();
    pause_ = 0ms;
    if (!std::exchange(running_, true)) {
        events_.phase(Phase::Running);
    }
    return {};
}

Result<void> SegmentWriter::mux(const fanout::AccessUnit& unit) {
    auto muxed = muxer_->write(unit, bytes_);
    if (muxed && bytes_.size() >= kWriteSize) {
        muxed = open_->file.write(bytes_);
        bytes_.clear();
    }
    return muxed;
}

void SegmentWriter::recover(const base::Error& error) {
    open_.reset();
    audio_.clear();
    bytes_.clear();
    muxer_.reset();
    format_.reset();
    pause_ = std::clamp(pause_ * 2, kFirstPause, kLongestPause);
    retry_ = Clock::now() + pause_;
    cuts_ = SegmentCuts(config_.segmentDuration);
    running_ = false;
    config_.log.warning(error.message);
    events_.phase(Phase::Failed, error.message);
}

} // namespace outputs
