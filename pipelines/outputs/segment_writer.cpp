#include "pipelines/outputs/segment_writer.h"

#include "pipelines/outputs/caps.h"

#include <algorithm>
#include <utility>

namespace outputs {

using base::Nanoseconds;
using base::Result;
using fanout::Media;
using namespace std::chrono_literals;

namespace {

constexpr base::Milliseconds kFirstPause = 1s;
constexpr base::Milliseconds kLongestPause = 30s;

} // namespace

SegmentWriter::SegmentWriter(HlsConfig config, EventPost events)
    : config_(std::move(config)), events_(std::move(events)), cuts_(config_.segmentDuration) {}

void SegmentWriter::write(const std::vector<fanout::Queued>& batch) {
    for (const fanout::Queued& item : batch) {
        if (auto added = add(item); !added) {
            recover(added.error());
        }
    }
}

void SegmentWriter::finish() {
    if (auto closed = close(); !closed) {
        recover(closed.error());
    }
}

Result<void> SegmentWriter::add(const fanout::Queued& item) {
    const fanout::AccessUnit& unit = item.unit;
    if (!pipeline_ && (!unit.keyFrame || Clock::now() < retry_)) {
        return {};
    }
    if (auto used = useFormat(item.format); !used) {
        return used;
    }
    if (unit.media == Media::Video) {
        if (unit.keyFrame && cuts_.beginsAt(unit.time, unit.take)) {
            pipeline_->cut(unit.time, unit.take);
        }
        pictureEnd_ =
            unit.time + (unit.duration > 0ns ? unit.duration : pictureDurationOf(*format_));
    }
    return pipeline_->push(unit);
}

/// Pictures carry their parameters with them; for another sound the program must say so.
Result<void> SegmentWriter::useFormat(const std::shared_ptr<const fanout::Format>& format) {
    if (pipeline_ && (format == format_ || sameAudio(*format, *format_))) {
        format_ = format;
        return {};
    }
    if (auto closed = close(); !closed) {
        return closed;
    }
    format_ = format;
    return open();
}

Result<void> SegmentWriter::open() {
    cuts_ = SegmentCuts(config_.segmentDuration);
    auto made = HlsPipeline::make(
        config_, *format_, [events = events_, running = false](const Segment& segment) mutable {
            events.segment(segment);
            if (!std::exchange(running, true)) {
                events.phase(Phase::Running);
            }
        });
    if (!made) {
        return base::fail(made.error());
    }
    pipeline_ = std::move(*made);
    opened_ = Clock::now();
    return {};
}

Result<void> SegmentWriter::close() {
    if (!pipeline_) {
        return {};
    }
    auto finished = pipeline_->finish(pictureEnd_);
    pipeline_.reset();
    return finished;
}

void SegmentWriter::recover(const base::Error& error) {
    pipeline_.reset();
    if (Clock::now() - opened_ > kLongestPause) {
        pause_ = 0ms; // it worked for a while
    }
    pause_ = std::clamp(pause_ * 2, kFirstPause, kLongestPause);
    retry_ = Clock::now() + pause_;
    config_.log.warning(error.message);
    events_.phase(Phase::Failed, error.message);
}

} // namespace outputs
