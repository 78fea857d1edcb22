#pragma once

#include "pipelines/base/result.h"
#include "pipelines/base/units.h"
#include "pipelines/gst/ref.h"

namespace outputs {

/// Pushes buffers into a pad from the caller's thread, so that the pipeline needs none of its own:
/// each runs through to the sink within the call. For sinks that don't wait. Reentrant.
class PadPusher {
public:
    static base::Result<PadPusher> linkedTo(const gst::Ref<GstPad>& sink);
    PadPusher(PadPusher&& other) noexcept = default;
    PadPusher& operator=(PadPusher&& other) = delete;
    ~PadPusher();

    /// Before the first buffer and at each change; the same again is nothing.
    void setCaps(GstCaps* caps);
    /// `time` is the running time.
    GstFlowReturn push(gst::Ref<GstBuffer> buffer, base::Nanoseconds time,
                       base::Nanoseconds duration);
    void end();

private:
    explicit PadPusher(gst::Ref<GstPad> pad) : pad_(std::move(pad)) {}

    gst::Ref<GstPad> pad_;
    gst::Ref<GstCaps> caps_;
};

} // namespace outputs
