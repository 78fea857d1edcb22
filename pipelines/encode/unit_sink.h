#pragma once

#include "pipelines/base/result.h"
#include "pipelines/base/units.h"
#include "pipelines/gst/element.h"

#include <functional>

namespace encode {

/// One encoded access unit as it left an encoder or parser.
struct Unit {
    gst::Ref<GstBuffer> data;
    base::Nanoseconds time{}; ///< running time; strictly increasing within one sink
    base::Nanoseconds duration{};
    bool keyFrame = false;
};

/// Both are called on the streaming thread that ends in the sink.
struct UnitHandlers {
    std::function<void(const gst::Ref<GstCaps>&)>
        onCaps; ///< before the first unit and at each change
    std::function<void(Unit)> onUnit;
};

/// An appsink that hands out units with running times instead of timestamps: x264enc shifts its
/// timestamps and its segment by 1000 h. `shift` is added to each time (an encoder's priming).
base::Result<gst::Ref<GstElement>> makeUnitSink(UnitHandlers handlers,
                                                base::Nanoseconds shift = base::Nanoseconds(0));

} // namespace encode
