#pragma once

#include "pipelines/base/result.h"
#include "pipelines/gst/ref.h"

#include <string>

namespace outputs {

/// Where datagrams go, and how multicast leaves.
struct Destination {
    std::string host; ///< numeric
    int ttl = 1;
    std::string interface; ///< empty: the system's choice
};

/// A sink that sends at once. That nobody listens is no error.
base::Result<gst::Ref<GstElement>> makeUdpSink(const Destination& destination, int port);

} // namespace outputs
