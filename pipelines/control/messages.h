#pragma once

/// The protocol between the two kinds of process: newline-delimited JSON on one socketpair. Times
/// are integers in nanoseconds. Messages are handled in order; one for an unknown session is
/// ignored.
#include "pipelines/control/from_pipeline.h"
#include "pipelines/control/to_pipeline.h"
