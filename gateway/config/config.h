#pragma once

#include "gateway/access/access.h"
#include "gateway/hls/settings.h"
#include "gateway/http/server.h"
#include "gateway/ice/settings.h"
#include "gateway/streams/config.h"
#include "pipelines/base/result.h"

#include <cstdint>
#include <string>
#include <vector>

/// The settings: from a file and the command line into one struct, checked once.
namespace config {

struct Recording {
    bool enabled = true;
    std::int64_t minimumFree = 200'000'000; ///< bytes
    std::string accelPrefix;                ///< internal location of the proxy; empty = none
};

/// Everything that can be set, with its defaults; each module gets only its own part. keys.cpp says
/// how each is called in the file, what it means and which values it takes.
struct Config {
    http::ServerConfig server;
    std::string data = "./spillway-data";
    rights::Config access;
    int streamLimit = 0; ///< 0 = by the number of cores
    control::VideoSettings video;
    control::AudioSettings audio;
    hls::Settings hls;
    streams::RtpSettings rtp;
    Recording recording;
    std::string logLevel = "info";
    ice::Settings relay;
    control::IceSettings ice;
    bool useRelay = false; ///< pipelines use the relays of [relay] themselves
};

/// Every error at once; each names file, group and key.
template <class T>
using Checked = tl::expected<T, std::vector<base::Error>>;

/// `name` is how messages call the file. Reentrant, as all of these.
[[nodiscard]] Checked<Config> parse(const std::string& text, const std::string& name);
[[nodiscard]] Checked<Config> readFile(const std::string& path);

/// One setting from elsewhere than the file; the error begins with "must be".
[[nodiscard]] base::Result<void> set(Config& config, const std::string& group,
                                     const std::string& name, const std::string& value);

/// What only shows when settings meet, also those of the command line.
[[nodiscard]] std::vector<base::Error> checkTogether(const Config& config);

} // namespace config
