#include "pipelines/base/backoff.h"
#include "pipelines/outputs/caps.h"
#include "pipelines/outputs/hls_pipeline.h"
#include "pipelines/outputs/output_thread.h"
#include "pipelines/outputs/segment_cuts.h"

#include <chrono>
#include <sys/stat.h>
#include <utility>

namespace outputs {

using base::Result;
using namespace std::chrono_literals;

namespace {

constexpr fanout::GopQueue::Limits kLimits{32 * 1024 * 1024, 10s};
/// hlssink2 completes a segment with the video and audio that follow the next key frame; between
/// them nothing is in a hurry.
constexpr Wake kWake{1s, true};
constexpr base::Milliseconds kFirstPause = 1s;
constexpr base::Milliseconds kLongestPause = 30s;

/// Writes HLS segments and reports each one that is complete. What the disk refuses costs the
/// segment; after a pause it tries again with the next key frame. Thread-bound (the output's
/// thread).
class HlsWriter : public UnitWriter {
public:
    HlsWriter(control::HlsOutput config, Reporter reporter)
        : config_(std::move(config)), reporter_(std::move(reporter)),
          cuts_(config_.segmentDuration) {}

    void write(const std::vector<fanout::Queued>& batch) override {
        for (const fanout::Queued& item : batch) {
            if (auto added = add(item); !added) {
                recover(added.error());
            }
        }
    }
    void finish() override {
        if (auto closed = closePipeline(); !closed) {
            recover(closed.error());
        }
    }

private:
    using Clock = std::chrono::steady_clock;

    Result<void> add(const fanout::Queued& item);
    Result<void> useFormat(const std::shared_ptr<const fanout::Format>& format);
    Result<void> closePipeline();
    void recover(const base::Error& error);

    const control::HlsOutput config_;
    const Reporter reporter_;
    std::shared_ptr<const fanout::Format> format_;
    std::unique_ptr<HlsPipeline> pipeline_;
    SegmentCuts cuts_;
    base::Nanoseconds videoEnd_{};

    base::Backoff pauses_{kFirstPause, kLongestPause};
    Clock::time_point opened_{};
    Clock::time_point retry_{};
};

Result<void> HlsWriter::add(const fanout::Queued& item) {
    const fanout::AccessUnit& unit = item.unit;
    if (!pipeline_ && (!unit.keyFrame || Clock::now() < retry_)) {
        return {};
    }
    if (auto used = useFormat(item.format); !used) {
        return used;
    }
    if (unit.media == fanout::Media::Video) {
        if (unit.keyFrame && cuts_.beginsAt(unit.time, unit.take)) {
            pipeline_->cut(unit.time, unit.take);
        }
        videoEnd_ = unit.time + (unit.duration > 0ns ? unit.duration : frameDurationOf(*format_));
    }
    return pipeline_->push(unit);
}

/// Key frames bring the parameters of video; other audio needs another program map (PMT), so
/// another pipeline.
Result<void> HlsWriter::useFormat(const std::shared_ptr<const fanout::Format>& format) {
    if (pipeline_ && (format == format_ || sameAudio(*format, *format_))) {
        format_ = format;
        return {};
    }
    if (auto closed = closePipeline(); !closed) {
        return closed;
    }
    format_ = format;
    cuts_ = SegmentCuts(config_.segmentDuration);
    auto made = HlsPipeline::make(config_.directory, *format_, reporter_);
    if (!made) {
        return base::fail(made.error());
    }
    pipeline_ = std::move(*made);
    opened_ = Clock::now();
    return {};
}

Result<void> HlsWriter::closePipeline() {
    if (!pipeline_) {
        return {};
    }
    auto finished = pipeline_->finish(videoEnd_);
    pipeline_.reset();
    return finished;
}

void HlsWriter::recover(const base::Error& error) {
    pipeline_.reset();
    if (Clock::now() - opened_ > kLongestPause) {
        pauses_.reset(); // it worked for a while
    }
    retry_ = Clock::now() + pauses_.next();
    reporter_.failed(error.message);
}

} // namespace

Result<std::unique_ptr<Output>> makeHlsOutput(const control::HlsOutput& config, Reporter reporter) {
    struct stat found {};
    if (::stat(config.directory.c_str(), &found) < 0 || !S_ISDIR(found.st_mode)) {
        return base::fail(base::Problem::NotFound,
                          "the folder for HLS segments does not exist: " + config.directory);
    }
    return std::make_unique<OutputThread>(
        std::make_shared<UnitQueue>(kLimits, kWake), reporter,
        [config, reporter] { return std::make_unique<HlsWriter>(config, reporter); });
}

} // namespace outputs
