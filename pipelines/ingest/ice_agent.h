#pragma once

#include "pipelines/base/result.h"
#include "pipelines/control/to_pipeline.h"

#include <gst/gst.h>
#include <string>

namespace ingest {

/// Host candidates over UDP only, on the addresses of control::mediaAddresses(), and those of the
/// relays. To be called before webrtcbin gathers.
/// Fails with Unavailable when none of the interfaces is there.
base::Result<void> setUpIce(GstElement* webrtcbin, const control::IceSettings& ice, bool loopback);

/// Why there may be no candidate at all, for an error message.
std::string whyUnreachable(const control::IceSettings& ice, bool loopback);

} // namespace ingest
