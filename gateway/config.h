#pragma once

#include "gateway/access/access.h"
#include "gateway/hls/settings.h"
#include "gateway/http/server.h"
#include "gateway/ice/settings.h"
#include "gateway/streams/config.h"
#include "pipelines/base/result.h"

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace gateway {

struct RecordingConfig {
    bool enabled = true;
    std::int64_t minimumFree = 200'000'000; ///< bytes
    std::string accelPrefix;                ///< internal location of the proxy; empty = none
};

/// Everything that can be set, with its defaults; each module gets only its own part. What a key is
/// called, means and takes stands in deploy/spillway.conf, which a test compares with the code.
struct Config {
    http::ServerConfig server;
    std::string data = "./spillway-data";
    rights::Config access;
    int streamLimit = 0; ///< 0 = by the number of cores
    control::VideoSettings video;
    control::AudioSettings audio;
    hls::Settings hls;
    streams::RtpSettings rtp;
    RecordingConfig recording;
    std::string logLevel = "info";
    ice::Settings relay;
    control::IceSettings ice;
    bool useRelay = false; ///< pipelines use the relays of [relay] themselves
};

/// Every error at once; each names file, group and key.
template <class T>
using Checked = tl::expected<T, std::vector<base::Error>>;

/// `name` is how messages call the file. Reentrant, as all of these.
[[nodiscard]] Checked<Config> parseConfig(const std::string& text, const std::string& name);
[[nodiscard]] Checked<Config> readConfig(const std::string& path);

/// "127.0.0.1:8080", "[::1]:8080", "localhost:8080" into the server's part.
[[nodiscard]] base::Result<void> setListen(http::ServerConfig& server, std::string_view value);
/// What only shows when settings meet, also those of the command line.
[[nodiscard]] std::vector<base::Error> checkTogether(const Config& config);

struct KnownKey {
    std::string group;
    std::string key;
    std::string value; ///< the default, as it stands in a file
};
/// In the order of the groups.
[[nodiscard]] std::vector<KnownKey> knownKeys();

} // namespace gateway
