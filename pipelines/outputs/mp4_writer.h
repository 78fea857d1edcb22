#pragma once

#include "pipelines/outputs/event_post.h"
#include "pipelines/outputs/mp4_file.h"
#include "pipelines/outputs/reader.h"

#include <chrono>
#include <memory>
#include <string>
#include <vector>

namespace outputs {

/// Records into one file, from the first key frame until the end, a full disk or pictures that
/// don't fit in it any more. Thread-bound (the output's thread).
class Mp4Writer : public UnitWriter {
public:
    /// The queue is closed when the recording ends by itself.
    Mp4Writer(Mp4Config config, EventPost events, std::shared_ptr<UnitQueue> queue)
        : config_(std::move(config)), events_(std::move(events)), queue_(std::move(queue)) {}

    void write(const std::vector<fanout::Queued>& batch) override;
    void finish() override;

private:
    using Clock = std::chrono::steady_clock;

    base::Result<void> add(const fanout::Queued& item);
    base::Result<void> begin(const fanout::Queued& item);
    base::Result<void> endFragment();
    void reportLoss();
    void stop(const std::string& message);
    void fail(const base::Error& error);
    void tell(RecordingPhase phase, const base::Error& error = {});

    const Mp4Config config_;
    const EventPost events_;
    const std::shared_ptr<UnitQueue> queue_;
    std::unique_ptr<Mp4File> file_;
    std::shared_ptr<const fanout::Format> format_;
    Clock::time_point told_{};
    std::int64_t lost_ = 0; ///< access units, as reported
    bool ended_ = false;
};

} // namespace outputs
