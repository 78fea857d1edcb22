#pragma once

#include "pipelines/base/result.h"
#include "pipelines/base/units.h"
#include "pipelines/gst/ref.h"

namespace outputs {

/// The head of a pipeline without a thread of its own: what the fan-out hands over runs through to
/// the sink within the call. For sinks that don't wait. Reentrant.
class Feed {
public:
    /// Linked to this pad.
    static base::Result<Feed> into(const gst::Ref<GstPad>& sink);
    Feed(Feed&& other) noexcept = default;
    Feed& operator=(Feed&& other) = delete;
    ~Feed();

    /// Before the first buffer and at each change; the same again is nothing.
    void setCaps(GstCaps* caps);
    /// `time` is the running time.
    GstFlowReturn push(gst::Ref<GstBuffer> buffer, base::Nanoseconds time,
                       base::Nanoseconds duration);
    void end();

private:
    explicit Feed(gst::Ref<GstPad> pad) : pad_(std::move(pad)) {}

    gst::Ref<GstPad> pad_;
    gst::Ref<GstCaps> caps_;
};

} // namespace outputs
