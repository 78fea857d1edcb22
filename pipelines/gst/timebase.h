#pragma once

#include "pipelines/base/units.h"
#include "pipelines/gst/ref.h"

namespace gst {

/// The clock and base time that every pipeline of a stream shares, so that running time means the
/// same everywhere. A value.
struct Timebase {
    Ref<GstClock> clock;
    GstClockTime baseTime = 0;

    static Timebase now();
    [[nodiscard]] base::Nanoseconds runningTime() const;
    /// For a pipeline that is still in NULL.
    void applyTo(GstPipeline* pipeline) const;
};

} // namespace gst
