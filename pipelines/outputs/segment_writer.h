#pragma once

#include "pipelines/outputs/event_post.h"
#include "pipelines/outputs/hls_pipeline.h"
#include "pipelines/outputs/reader.h"
#include "pipelines/outputs/segment_cuts.h"

#include <chrono>
#include <memory>
#include <vector>

namespace outputs {

/// Writes HLS segments and tells of each when it is complete. What the disk refuses costs the
/// segment; the next attempt begins with a key frame, after a while. Thread-bound (the output's
/// thread).
class SegmentWriter : public UnitWriter {
public:
    SegmentWriter(HlsConfig config, EventPost events);

    void write(const std::vector<fanout::Queued>& batch) override;
    void finish() override;

private:
    using Clock = std::chrono::steady_clock;

    base::Result<void> add(const fanout::Queued& item);
    base::Result<void> useFormat(const std::shared_ptr<const fanout::Format>& format);
    base::Result<void> open();
    base::Result<void> close();
    void recover(const base::Error& error);

    const HlsConfig config_;
    const EventPost events_;
    std::shared_ptr<const fanout::Format> format_;
    std::unique_ptr<HlsPipeline> pipeline_;
    SegmentCuts cuts_;
    base::Nanoseconds pictureEnd_{};

    base::Milliseconds pause_{0}; ///< before the next attempt, when one failed
    Clock::time_point opened_{};
    Clock::time_point retry_{};
};

} // namespace outputs
