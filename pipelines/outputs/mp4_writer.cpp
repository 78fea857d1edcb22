#include "pipelines/outputs/mp4_writer.h"

#include "pipelines/outputs/caps.h"

#include <utility>

namespace outputs {

using base::Problem;
using base::Result;
using namespace std::chrono_literals;

namespace {

constexpr base::Nanoseconds kLongestFragment = 500ms;
constexpr auto kProgress = 1s;

std::string inMegabytes(std::int64_t bytes) {
    return std::to_string(bytes / (1024 * 1024)) + " MB";
}

} // namespace

void Mp4Writer::write(const std::vector<fanout::Queued>& batch) {
    Result<void> written;
    for (const fanout::Queued& item : batch) {
        if (ended_ || !written) {
            break;
        }
        written = add(item);
    }
    if (written && !ended_) {
        written = endFragment();
    }
    if (!written) {
        fail(written.error());
    }
}

Result<void> Mp4Writer::add(const fanout::Queued& item) {
    if (!file_) {
        return item.unit.keyFrame ? begin(item) : Result<void>();
    }
    if (item.format != format_) {
        if (!sameParameters(*item.format, *format_)) {
            stop("the pictures changed their size: what follows is in the next recording");
            return {};
        }
        format_ = item.format;
    }
    const auto duration = item.unit.duration;
    if (file_->pending() + duration > kLongestFragment) {
        if (auto ended = endFragment(); !ended) {
            return ended;
        }
    }
    return file_->write(item.unit);
}

Result<void> Mp4Writer::begin(const fanout::Queued& item) {
    const auto now =
        std::chrono::time_point_cast<base::Nanoseconds>(std::chrono::system_clock::now());
    auto file = Mp4File::create(config_.path, *item.format, item.unit, now);
    if (!file) {
        return base::fail(file.error());
    }
    file_ = std::move(*file);
    format_ = item.format;
    events_.phase(Phase::Running);
    tell(RecordingPhase::Recording);
    return file_->write(item.unit);
}

Result<void> Mp4Writer::endFragment() {
    if (!file_) {
        return {};
    }
    if (auto ended = file_->endFragment(); !ended) {
        return ended;
    }
    const std::int64_t free = file_->freeBytes();
    if (free >= 0 && free < config_.minimumFree) {
        return base::fail(Problem::NoSpace, "only " + inMegabytes(free) +
                                                " are free on the disk: remove recordings, or set "
                                                "[recording] minimum-free-mb");
    }
    reportLoss();
    if (Clock::now() - told_ >= kProgress) {
        tell(RecordingPhase::Recording);
    }
    return {};
}

void Mp4Writer::reportLoss() {
    const std::int64_t dropped = queue_->dropped();
    if (dropped != lost_) {
        config_.log.warning("the disk is too slow: " + std::to_string(dropped - lost_) +
                            " pictures and sounds are missing in the recording");
        lost_ = dropped;
    }
}

void Mp4Writer::finish() {
    if (!file_ || ended_) {
        return;
    }
    if (auto ended = file_->endFragment(); !ended) {
        fail(ended.error());
        return;
    }
    reportLoss();
    stop(lost_ == 0 ? ""
                    : "the disk was too slow: " + std::to_string(lost_) +
                          " pictures and sounds are missing");
}

void Mp4Writer::stop(const std::string& message) {
    if (auto ended = file_->endFragment(); !ended) {
        fail(ended.error());
        return;
    }
    ended_ = true;
    queue_->close();
    tell(RecordingPhase::Stopped, {Problem::Internal, message});
}

void Mp4Writer::fail(const base::Error& error) {
    ended_ = true;
    queue_->close();
    if (file_) {
        file_->dropTail();
    }
    config_.log.warning(error.message);
    tell(RecordingPhase::Failed, error);
    events_.phase(Phase::Failed, error.message);
}

void Mp4Writer::tell(RecordingPhase phase, const base::Error& error) {
    told_ = Clock::now();
    Recording recording{phase, config_.path, {}, 0, error.problem, error.message};
    if (file_) {
        recording.duration = file_->safeDuration();
        recording.bytes = file_->safeBytes();
    }
    if (phase != RecordingPhase::Recording) {
        file_.reset(); // who hears of the end may lock the file
    }
    events_.recording(std::move(recording));
}

} // namespace outputs
