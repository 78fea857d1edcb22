#pragma once

#include "pipelines/base/result.h"
#include "pipelines/base/units.h"
#include "pipelines/fanout/access_unit.h"
#include "pipelines/gst/element.h"
#include "pipelines/outputs/output.h"

#include <deque>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <string>

namespace outputs {

/// hlssink2 with our cuts: it makes MPEG-TS segments and is told where each begins; its own
/// playlist is thrown away. Time stamps and continuity counters go on over every cut. Used by the
/// output's thread; segments are told on one of GStreamer's.
class HlsPipeline {
public:
    static base::Result<std::unique_ptr<HlsPipeline>> make(const HlsConfig& config,
                                                           const fanout::Format& format,
                                                           std::function<void(Segment)> onSegment);
    HlsPipeline(const HlsPipeline&) = delete;
    HlsPipeline& operator=(const HlsPipeline&) = delete;
    /// Brings it down in the background.
    ~HlsPipeline();

    /// A segment begins with the next picture, whose running time is this. Comes before the first
    /// picture.
    void cut(base::Nanoseconds time, std::int64_t take);
    base::Result<void> push(const fanout::AccessUnit& unit);
    /// No more units: completes the last segment, which ends at this running time. Blocks, with a
    /// deadline.
    base::Result<void> finish(base::Nanoseconds end);

private:
    struct Shared;

    HlsPipeline(const HlsConfig& config, std::function<void(Segment)> onSegment);

    base::Result<void> build(const HlsConfig& config, const fanout::Format& format);
    base::Result<void> linkSource(const char* padName, GstCaps* caps, gst::Ref<GstElement>& source);
    void catchPlaylist();
    void restoreFlags();
    void watchBus();
    [[nodiscard]] base::Result<void> fault() const;

    gst::Ref<GstElement> pipeline_;
    gst::Ref<GstElement> sink_;
    gst::Ref<GstElement> splitter_; ///< the splitmuxsink inside
    gst::Ref<GstElement> video_;
    gst::Ref<GstElement> audio_;
    std::shared_ptr<Shared> shared_;
    std::deque<gst::Connection> connections_;
    bool first_ = true;
    bool release_ = false; ///< the next picture follows a cut
};

} // namespace outputs
