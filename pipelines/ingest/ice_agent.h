#pragma once

#include "pipelines/base/local_addresses.h"
#include "pipelines/base/result.h"

#include <gst/gst.h>
#include <string>
#include <vector>

namespace ingest {

/// How a publisher can reach a webrtcbin.
struct IceConfig {
    int firstPort = 0; ///< UDP; 0: any
    int lastPort = 0;
    std::vector<std::string> interfaces; ///< names or numeric addresses; empty: all
    bool ipv6 = true;
    bool loopback = false;     ///< 127.0.0.1 too
    std::string publicAddress; ///< stands in the answer instead of the host's own; empty: none
    std::string mediaAddress;  ///< of the loopback, offered besides and last; empty: none
    std::string mediaAlias;    ///< stands in the answer instead of that; empty: none
    std::vector<std::string>
        relays; ///< turn://USER:PASSWORD@HOST:PORT?transport=udp, percent-encoded
};

/// The numeric addresses that webrtcbin shall listen on, of those that the host has.
std::vector<std::string> hostAddresses(const IceConfig& config,
                                       const std::vector<base::LocalAddress>& all);

/// Host candidates over UDP only, and those of the relays. To be called before webrtcbin gathers.
/// Fails with Unavailable when none of the interfaces is there.
base::Result<void> setUpIce(GstElement* webrtcbin, const IceConfig& config);

/// Why there may be no candidate at all, for an error message.
std::string whyUnreachable(const IceConfig& config);

} // namespace ingest
