#pragma once

#include "gateway/hls/settings.h"
#include "pipelines/base/result.h"
#include "pipelines/base/units.h"
#include "pipelines/control/to_pipeline.h"

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

namespace streams {

/// [rtp] of the settings file.
struct RtpSettings {
    std::string destination = "127.0.0.1"; ///< numeric unicast or multicast address
    int firstPort = 20000;
    int lastPort = 20999;
    int ttl = 1;
    std::string interface; ///< multicast leaves by it; empty: the system's choice
    int mtu = 1200;
    std::vector<std::string> allowedDestinations; ///< addresses or CIDR blocks that may be added
};

/// What the registry needs to know; checked where the settings file is read.
struct Config {
    std::string pipeline;            ///< path of the spillway-pipeline binary
    std::string runDirectory;        ///< exists; nobody else uses it
    std::string recordingsDirectory; ///< exists; recordingPath answers with paths inside it
    int streamLimit = 0;             ///< 0: two for each core that this process may use
    control::VideoSettings video;
    control::AudioSettings audio;
    hls::Settings hls;
    RtpSettings rtp;
    control::IceSettings ice;               ///< but for relays, which come with each offer
    std::int64_t minimumFree = 200'000'000; ///< bytes; a recording stops below
    /// Where a recording that begins now goes: the path of a .part whose folder exists. Empty:
    /// nothing is recorded.
    std::function<base::Result<std::string>(const std::string& stream, base::WallTime start)>
        recordingPath;
};

} // namespace streams
