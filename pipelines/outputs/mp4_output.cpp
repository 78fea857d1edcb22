#include "pipelines/outputs/caps.h"
#include "pipelines/outputs/mp4_file.h"
#include "pipelines/outputs/output_thread.h"

#include <chrono>
#include <utility>

namespace outputs {

using base::Problem;
using base::Result;
using control::RecordingPhase;
using namespace std::chrono_literals;

namespace {

constexpr fanout::GopQueue::Limits kLimits{64 * 1024 * 1024, 10s};
/// What waits is lost when the process is killed, beside a fragment being written: together less
/// than a second.
constexpr Wake kWake{400ms, false};
constexpr base::Nanoseconds kLongestFragment = 500ms;
constexpr auto kProgress = 1s;

std::string inMegabytes(std::int64_t bytes) {
    return std::to_string(bytes / (1024 * 1024)) + " MB";
}

/// Records into one file, from the first key frame until the end, a full disk or video of another
/// size, which does not fit in the file. Thread-bound (the output's thread).
class Mp4Writer : public UnitWriter {
public:
    /// The queue is closed when the recording ends by itself.
    Mp4Writer(control::Mp4Output config, Reporter reporter, std::shared_ptr<UnitQueue> queue)
        : config_(std::move(config)), reporter_(std::move(reporter)), queue_(std::move(queue)) {}

    void write(const std::vector<fanout::Queued>& batch) override;
    void finish() override;

private:
    using Clock = std::chrono::steady_clock;

    Result<void> add(const fanout::Queued& item);
    Result<void> begin(const fanout::Queued& item);
    Result<void> endFragment();
    void reportLoss();
    void stop(const std::string& message);
    void fail(const base::Error& error);
    void report(RecordingPhase phase, const base::Error& error = {});

    const control::Mp4Output config_;
    const Reporter reporter_;
    const std::shared_ptr<UnitQueue> queue_;
    std::unique_ptr<Mp4File> file_;
    std::shared_ptr<const fanout::Format> format_;
    Clock::time_point reported_{};
    std::int64_t lost_ = 0; ///< access units, as logged
    bool ended_ = false;
};

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
            stop("the size of the video changed: what follows is in the next recording");
            return {};
        }
        format_ = item.format;
    }
    if (file_->pending() + item.unit.duration > kLongestFragment) {
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
    reporter_.phase(control::OutputPhase::Running);
    report(RecordingPhase::Recording);
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
    if (Clock::now() - reported_ >= kProgress) {
        report(RecordingPhase::Recording);
    }
    return {};
}

void Mp4Writer::reportLoss() {
    const std::int64_t dropped = queue_->dropped();
    if (dropped != lost_) {
        reporter_.logger().warning("the disk is too slow: " + std::to_string(dropped - lost_) +
                                   " frames of video and audio are missing in the recording");
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
                          " frames of video and audio are missing");
}

void Mp4Writer::stop(const std::string& message) {
    if (auto ended = file_->endFragment(); !ended) {
        fail(ended.error());
        return;
    }
    ended_ = true;
    queue_->close();
    report(RecordingPhase::Stopped, {Problem::Internal, message});
}

void Mp4Writer::fail(const base::Error& error) {
    ended_ = true;
    queue_->close();
    if (file_) {
        file_->dropTail();
    }
    report(RecordingPhase::Failed, error);
    reporter_.failed(error.message);
}

void Mp4Writer::report(RecordingPhase phase, const base::Error& error) {
    reported_ = Clock::now();
    control::Recording recording{
        .phase = phase, .path = config_.path, .problem = error.problem, .message = error.message};
    if (file_) {
        recording.duration = file_->safeDuration();
        recording.bytes = file_->safeBytes();
    }
    if (phase != RecordingPhase::Recording) {
        file_.reset(); // who reads of the end may lock the file
    }
    reporter_.recording(std::move(recording));
}

} // namespace

Result<std::unique_ptr<Output>> makeMp4Output(const control::Mp4Output& config, Reporter reporter) {
    if (config.path.empty()) {
        return base::fail(Problem::Malformed, "a recording needs a path");
    }
    auto queue = std::make_shared<UnitQueue>(kLimits, kWake);
    return std::make_unique<OutputThread>(queue, reporter, [config, reporter, queue] {
        return std::make_unique<Mp4Writer>(config, reporter, queue);
    });
}

} // namespace outputs
