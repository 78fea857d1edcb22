#pragma once

#include "pipelines/base/result.h"
#include "pipelines/base/units.h"
#include "pipelines/fanout/access_unit.h"
#include "pipelines/gst/element.h"

#include <functional>

namespace encode {

/// Both are called on the streaming thread that ends in the sink.
struct UnitHandlers {
    std::function<void(const gst::Ref<GstCaps>&)>
        onCaps; ///< before the first unit and at each change
    std::function<void(fanout::AccessUnit)> onUnit;
};

/// An appsink that hands out access units of one medium, with running times instead of timestamps
/// (x264enc shifts its timestamps and its segment by 1000 h); the times strictly increase. `shift`
/// is added to each time (an encoder's priming). The take is left open.
base::Result<gst::Ref<GstElement>> makeUnitSink(UnitHandlers handlers, base::Media media,
                                                base::Nanoseconds shift = base::Nanoseconds(0));

} // namespace encode
