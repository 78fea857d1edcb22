#pragma once

#include "pipelines/base/units.h"
#include "pipelines/gst/ref.h"

#include <functional>

namespace gst {

/// Brings a pipeline to NULL and drops this reference, on the process's one teardown thread: a
/// state change can hang. `done` is called once on the main thread: true when it is in NULL, false
/// when the deadline passed first; then the pipeline and its thread are abandoned and later
/// teardowns get a thread of their own. Never call it with a promise pending in a webrtcbin.
/// Thread-bound (main thread).
void teardown(Ref<GstElement> pipeline, base::Milliseconds deadline,
              std::function<void(bool finished)> done);

} // namespace gst
