#pragma once

#include "pipelines/base/result.h"
#include "pipelines/fanout/access_unit.h"
#include "pipelines/gst/element.h"

#include <functional>

namespace fanout {

/// Called on the streaming thread that makes the access unit; `format` are its caps.
using OnAccessUnit = std::function<void(AccessUnit unit, const gst::Ref<GstCaps>& format)>;

/// An appsink that hands out the access units of an encoder or parser, with running times instead
/// of timestamps (x264enc shifts its timestamps and its segment by 1000 h); the times strictly
/// increase. `shift` is added to each (an encoder's priming). The take is left open.
base::Result<gst::Ref<GstElement>>
makeAccessUnitSink(Media media, OnAccessUnit onUnit,
                   base::Nanoseconds shift = base::Nanoseconds(0));

} // namespace fanout
