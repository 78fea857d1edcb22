#pragma once

/// The protocol between the two kinds of process: newline-delimited JSON on one socketpair. Times
/// are integers in nanoseconds. Messages are handled in order; one for an unknown session is
/// ignored.
#include "pipelines/control/from_pipeline.h"
#include "pipelines/control/to_pipeline.h"

#include <functional>

namespace control {

/// Sends a message to the gateway; to be called on the main thread. Passed down to whoever has
/// something to tell.
using Send = std::function<void(const FromPipeline&)>;

} // namespace control
