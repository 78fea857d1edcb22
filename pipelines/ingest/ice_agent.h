#pragma once

#include "pipelines/base/result.h"

#include <gst/gst.h>

namespace ingest {

/// How a publisher can reach a webrtcbin: host candidates over UDP only. To be called before it gathers.
base::Result<void> setUpIce(GstElement* webrtcbin, bool loopback);

} // namespace ingest
