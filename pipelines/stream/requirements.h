#pragma once

#include "pipelines/control/messages.h"

namespace stream {

/// Looks for every element a stream may need, loads its plugin and makes the DTLS certificate of
/// this process, so that a publish pays for none of it. Takes some hundred milliseconds once.
control::Ready checkRequirements();

} // namespace stream
