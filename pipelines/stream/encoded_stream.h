#pragma once

#include "pipelines/control/messages.h"
#include "pipelines/fanout/fanout.h"
#include "pipelines/h264/nal.h"

#include <atomic>
#include <cstdint>
#include <memory>
#include <mutex>

namespace stream {

/// What leaves the encoders of a stream, on its way to the fan-out: tells the gateway what it looks
/// like (control::Live, at first and when that changes), counts takes and frames. video() and
/// audio() are called by streaming threads, each by one at a time; the counters by any.
class EncodedStream {
public:
    /// `origin`: as control::Live.
    EncodedStream(std::shared_ptr<fanout::Fanout> fanout, std::int64_t firstTake,
                  base::WallTime origin, control::Send send);

    void video(fanout::AccessUnit unit, const gst::Ref<GstCaps>& format);
    void audio(fanout::AccessUnit unit, const gst::Ref<GstCaps>& format);

    /// Of video.
    [[nodiscard]] std::int64_t frames() const { return frames_; }
    [[nodiscard]] std::uint64_t bytes() const { return bytes_; }

private:
    void describe(const fanout::AccessUnit& keyFrame, const gst::Ref<GstCaps>& format);
    void measureRate(base::Nanoseconds time);
    [[nodiscard]] control::Live compose() const;
    void tell(control::Live live) const;

    const std::shared_ptr<fanout::Fanout> fanout_;
    const base::WallTime origin_;
    const control::Send send_;

    // Video's thread:
    fanout::Format format_; ///< of the take
    h264::ParameterSets sets_;
    bool live_ = false;
    int measuredRate_ = 0;
    base::Nanoseconds firstFrame_{-1};

    std::mutex mutex_;              ///< for audioFormat_, taken at changes and key frames only
    gst::Ref<GstCaps> audioFormat_; ///< written by audio's thread

    std::atomic<std::int64_t> take_;
    std::atomic<std::int64_t> frames_{0};
    std::atomic<std::uint64_t> bytes_{0};
};

} // namespace stream
