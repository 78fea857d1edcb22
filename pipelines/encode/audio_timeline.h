#pragma once

#include "pipelines/base/units.h"

#include <cstdint>
#include <deque>
#include <functional>
#include <span>
#include <vector>

namespace encode {

/// Audio without gaps: places decoded samples on a continuous 48 kHz stereo line and cuts it into
/// blocks. Small differences between timestamps and sample count are slewed away, a sample at a
/// time; what is missing becomes silence, what overlaps is dropped. Pure; thread-bound (its owner
/// locks).
class AudioTimeline {
public:
    static constexpr int kRate = 48000;
    static constexpr int kChannels = 2;
    static constexpr int kBlock = 1024; ///< frames: one AAC access unit

    /// One block of kBlock frames of interleaved samples and the running time of its first.
    using OnBlock = std::function<void(base::Nanoseconds time, std::vector<std::int16_t> samples)>;

    explicit AudioTimeline(OnBlock onBlock) : onBlock_(std::move(onBlock)) {}

    /// The line begins here: what belongs before is dropped, what was put already and belongs after
    /// is kept. Later calls change nothing.
    void begin(base::Nanoseconds time);
    [[nodiscard]] bool begun() const { return begun_; }

    /// Interleaved samples whose first frame belongs at this running time.
    void put(base::Nanoseconds time, std::span<const std::int16_t> samples);
    /// What is put next comes from elsewhere: it begins exactly at its time.
    void splice();
    /// Fills with silence up to this running time.
    void fill(base::Nanoseconds until);
    /// Running time of the next frame.
    [[nodiscard]] base::Nanoseconds position() const;

private:
    struct Early {
        base::Nanoseconds time;
        std::vector<std::int16_t> samples;
    };

    void keepEarly(base::Nanoseconds time, std::span<const std::int16_t> samples);
    void append(std::span<const std::int16_t> samples);
    void appendSilence(std::int64_t frames);
    void emitBlocks();
    std::span<const std::int16_t> slew(std::int64_t difference,
                                       std::span<const std::int16_t> samples);

    OnBlock onBlock_;
    base::Nanoseconds origin_{};
    std::int64_t frames_ = 0; ///< placed since the origin
    std::vector<std::int16_t> pending_;
    std::deque<Early> early_; ///< until the line begins
    double drift_ = 0;        ///< smoothed difference, in frames
    bool begun_ = false;
    bool exact_ = true; ///< no difference is tolerated, until the first frame is placed
};

} // namespace encode
