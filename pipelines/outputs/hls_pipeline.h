#pragma once

#include "pipelines/base/result.h"
#include "pipelines/base/units.h"
#include "pipelines/fanout/access_unit.h"
#include "pipelines/gst/element.h"
#include "pipelines/outputs/reporter.h"

#include <deque>
#include <memory>
#include <string>

namespace outputs {

/// hlssink2, told where each MPEG-TS segment begins; the playlist that it writes is thrown away.
/// Time stamps and continuity counters go on over every cut. Used by the output's thread; segments
/// are reported from one of GStreamer's.
class HlsPipeline {
public:
    /// Writes into this directory. Reports each segment, and Running with the first.
    static base::Result<std::unique_ptr<HlsPipeline>>
    make(const std::string& directory, const fanout::Format& format, Reporter reporter);
    HlsPipeline(const HlsPipeline&) = delete;
    HlsPipeline& operator=(const HlsPipeline&) = delete;
    /// Brings it down in the background.
    ~HlsPipeline();

    /// A segment begins with the next video frame, whose running time is this. Comes before the
    /// first frame.
    void cut(base::Nanoseconds time, std::int64_t take);
    base::Result<void> push(const fanout::AccessUnit& unit);
    /// No more access units: completes the last segment, which ends at this running time. Blocks,
    /// with a deadline.
    base::Result<void> finish(base::Nanoseconds end);

private:
    struct Shared;

    explicit HlsPipeline(std::shared_ptr<Shared> shared);

    base::Result<void> build(const fanout::Format& format);
    base::Result<void> linkSource(const char* padName, GstCaps* caps, gst::Ref<GstElement>& source);
    void connectSignals();
    [[nodiscard]] base::Result<void> fault() const;

    gst::Ref<GstElement> pipeline_;
    gst::Ref<GstElement> sink_;
    gst::Ref<GstElement> splitter_; ///< the splitmuxsink in it
    gst::Ref<GstElement> video_;
    gst::Ref<GstElement> audio_;
    std::shared_ptr<Shared> shared_;
    std::deque<gst::Connection> connections_;
    bool first_ = true;
    bool afterCut_ = false; ///< no frame but the key frame has come since the last cut
};

} // namespace outputs
