#pragma once

#include "pipelines/outputs/event_post.h"
#include "pipelines/outputs/reader.h"
#include "pipelines/outputs/segment_cuts.h"
#include "pipelines/outputs/segment_file.h"
#include "pipelines/outputs/ts_muxer.h"

#include <chrono>
#include <deque>
#include <memory>
#include <optional>
#include <string>
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

    /// The segment being written.
    struct Open {
        SegmentFile file;
        base::Nanoseconds start{};
        std::int64_t take = 0;
    };

    base::Result<void> add(const fanout::Queued& item);
    base::Result<void> addPicture(const fanout::AccessUnit& picture);
    base::Result<void> addAudio(base::Nanoseconds before);
    base::Result<void> begin(const fanout::AccessUnit& picture);
    base::Result<void> end(base::Nanoseconds time);
    base::Result<void> useFormat(const std::shared_ptr<const fanout::Format>& format);
    base::Result<void> mux(const fanout::AccessUnit& unit);
    void recover(const base::Error& error);

    const HlsConfig config_;
    const EventPost events_;
    const std::string prefix_; ///< random: names never repeat
    std::int64_t count_ = 0;

    std::shared_ptr<const fanout::Format> format_;
    std::unique_ptr<TsMuxer> muxer_;
    SegmentCuts cuts_;
    std::optional<Open> open_;
    base::Nanoseconds pictureEnd_{};
    std::deque<fanout::AccessUnit> audio_; ///< ahead of the pictures: its segment is not known yet
    std::vector<std::uint8_t> bytes_;      ///< muxed and not yet written

    bool running_ = false;
    base::Milliseconds pause_{0}; ///< before the next attempt, when one failed
    Clock::time_point retry_{};
};

} // namespace outputs
