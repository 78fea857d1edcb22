#include "gateway/config_keys.h"

#include "gateway/config_values.h"
#include "pipelines/base/log.h"

#include <algorithm>
#include <array>
#include <vector>

namespace gateway {

namespace {

using values::Complaint;

std::string yesNo(bool value) {
    return value ? "yes" : "no";
}

/// A whole number into a member of any width or unit, through `store`.
template <class Store>
Complaint wholeNumber(const std::string& value, std::int64_t least, std::int64_t most,
                      Store store) {
    std::int64_t parsed = 0;
    Complaint complaint = values::number(parsed, value, least, most);
    if (!complaint) {
        store(parsed);
    }
    return complaint;
}

Complaint readListen(Config& config, const std::string& value) {
    const auto set = setListen(config.server, value);
    return set ? std::nullopt : Complaint(set.error().message);
}

std::string printListen(const Config& config) {
    const std::string& address = config.server.address;
    return (address.find(':') == std::string::npos ? address : "[" + address + "]") + ":" +
           std::to_string(config.server.port);
}

Complaint readHosts(Config& config, const std::string& value) {
    config.server.hosts = values::list(value);
    return std::nullopt;
}

Complaint readData(Config& config, const std::string& value) {
    if (value.empty()) {
        return "must be a folder";
    }
    config.data = value;
    return std::nullopt;
}

Complaint readAccel(Config& config, const std::string& value) {
    if (!value.empty() && (!value.starts_with('/') || !value.ends_with('/'))) {
        return "must begin and end with a slash, as in /protected-recordings/";
    }
    config.recording.accelPrefix = value;
    return std::nullopt;
}

Complaint readPreset(Config& config, const std::string& value) {
    constexpr std::array<std::string_view, 9> kPresets{"ultrafast", "superfast", "veryfast",
                                                       "faster",    "fast",      "medium",
                                                       "slow",      "slower",    "veryslow"};
    if (std::find(kPresets.begin(), kPresets.end(), value) == kPresets.end()) {
        return "must be a preset of x264 from ultrafast to veryslow";
    }
    config.video.preset = value;
    return std::nullopt;
}

Complaint readInterface(Config& config, const std::string& value) {
    if (value.size() > 15 || value.find('/') != std::string::npos) {
        return "must be the name of a network interface, as ip link shows it";
    }
    config.rtp.interface = value;
    return std::nullopt;
}

Complaint readLevel(Config& config, const std::string& value) {
    constexpr std::array<std::string_view, 4> kLevels{"debug", "info", "warning", "error"};
    if (std::find(kLevels.begin(), kLevels.end(), value) == kLevels.end()) {
        return "must be debug, info, warning or error";
    }
    config.logLevel = value;
    return std::nullopt;
}

constexpr std::array kKeys{
    Key{"server", "listen", printListen, readListen},
    Key{"server", "data", [](const Config& c) { return c.data; }, readData},
    Key{"server", "hosts", [](const Config& c) { return values::joined(c.server.hosts); },
        readHosts},
    Key{"server", "trusted-proxy", [](const Config& c) { return yesNo(c.server.trustedProxy); },
        [](Config& c, const std::string& v) { return values::yesOrNo(c.server.trustedProxy, v); }},
    Key{"server", "x-accel", [](const Config& c) { return c.recording.accelPrefix; }, readAccel},
    Key{"access", "publish-token", [](const Config& c) { return c.access.publishToken; },
        [](Config& c, const std::string& v) { return values::token(c.access.publishToken, v); }},
    Key{"access", "view-token", [](const Config& c) { return c.access.viewToken; },
        [](Config& c, const std::string& v) { return values::token(c.access.viewToken, v); }},
    Key{"access", "open", [](const Config& c) { return yesNo(c.access.open); },
        [](Config& c, const std::string& v) { return values::yesOrNo(c.access.open, v); }},
    Key{"limits", "streams", [](const Config& c) { return std::to_string(c.streamLimit); },
        [](Config& c, const std::string& v) {
            return wholeNumber(v, 0, 1000, [&](auto n) { c.streamLimit = static_cast<int>(n); });
        }},
    Key{"limits", "connections",
        [](const Config& c) { return std::to_string(c.server.connections); },
        [](Config& c, const std::string& v) {
            return wholeNumber(v, 16, 100'000,
                               [&](auto n) { c.server.connections = static_cast<std::size_t>(n); });
        }},
    Key{"video", "min-height", [](const Config& c) { return std::to_string(c.video.minHeight); },
        [](Config& c, const std::string& v) {
            return wholeNumber(v, 144, 2160,
                               [&](auto n) { c.video.minHeight = static_cast<int>(n); });
        }},
    Key{"video", "frame-rate", [](const Config& c) { return std::to_string(c.video.frameRate); },
        [](Config& c, const std::string& v) {
            return wholeNumber(v, 5, 60, [&](auto n) { c.video.frameRate = static_cast<int>(n); });
        }},
    Key{"video", "preset", [](const Config& c) { return c.video.preset; }, readPreset},
    Key{"video", "bitrate",
        [](const Config& c) { return std::to_string(c.video.bitrate.inKilobits()); },
        [](Config& c, const std::string& v) {
            return wholeNumber(v, 100, 50'000,
                               [&](auto n) { c.video.bitrate = base::Bitrate::kilobits(n); });
        }},
    Key{"video", "gop-seconds",
        [](const Config& c) { return std::to_string(c.video.gop.count() / 1000); },
        [](Config& c, const std::string& v) {
            return wholeNumber(v, 1, 10,
                               [&](auto n) { c.video.gop = base::Milliseconds(n * 1000); });
        }},
    Key{"audio", "bitrate",
        [](const Config& c) { return std::to_string(c.audio.bitrate.inKilobits()); },
        [](Config& c, const std::string& v) {
            return wholeNumber(v, 32, 320,
                               [&](auto n) { c.audio.bitrate = base::Bitrate::kilobits(n); });
        }},
    Key{"hls", "segment-seconds",
        [](const Config& c) { return std::to_string(c.hls.segment.count() / 1000); },
        [](Config& c, const std::string& v) {
            return wholeNumber(v, 1, 10,
                               [&](auto n) { c.hls.segment = base::Milliseconds(n * 1000); });
        }},
    Key{"hls", "window", [](const Config& c) { return std::to_string(c.hls.window); },
        [](Config& c, const std::string& v) {
            return wholeNumber(v, 3, 1000,
                               [&](auto n) { c.hls.window = static_cast<std::size_t>(n); });
        }},
    Key{"rtp", "destination", [](const Config& c) { return c.rtp.destination; },
        [](Config& c, const std::string& v) { return values::destination(c.rtp.destination, v); }},
    Key{"rtp", "ports",
        [](const Config& c) {
            return std::to_string(c.rtp.firstPort) + "-" + std::to_string(c.rtp.lastPort);
        },
        [](Config& c, const std::string& v) {
            return values::portRange(c.rtp.firstPort, c.rtp.lastPort, v);
        }},
    Key{"rtp", "ttl", [](const Config& c) { return std::to_string(c.rtp.ttl); },
        [](Config& c, const std::string& v) {
            return wholeNumber(v, 1, 255, [&](auto n) { c.rtp.ttl = static_cast<int>(n); });
        }},
    Key{"rtp", "interface", [](const Config& c) { return c.rtp.interface; }, readInterface},
    Key{"rtp", "mtu", [](const Config& c) { return std::to_string(c.rtp.mtu); },
        [](Config& c, const std::string& v) {
            return wholeNumber(v, 576, 9000, [&](auto n) { c.rtp.mtu = static_cast<int>(n); });
        }},
    Key{"rtp", "allowed-destinations",
        [](const Config& c) { return values::joined(c.rtp.allowedDestinations); },
        [](Config& c, const std::string& v) {
            return values::blocks(c.rtp.allowedDestinations, v);
        }},
    Key{"recording", "enabled", [](const Config& c) { return yesNo(c.recording.enabled); },
        [](Config& c, const std::string& v) { return values::yesOrNo(c.recording.enabled, v); }},
    Key{"recording", "minimum-free-mb",
        [](const Config& c) { return std::to_string(c.recording.minimumFree / 1'000'000); },
        [](Config& c, const std::string& v) {
            return wholeNumber(v, 0, 1'000'000'000,
                               [&](auto n) { c.recording.minimumFree = n * 1'000'000; });
        }},
    Key{"log", "level", [](const Config& c) { return c.logLevel; }, readLevel},
};

} // namespace

std::span<const Key> allKeys() {
    static const std::vector<Key> kAll = [] {
        std::vector<Key> all(kKeys.begin(), kKeys.end());
        all.insert(all.end(), relayKeys().begin(), relayKeys().end());
        all.insert(all.end(), iceKeys().begin(), iceKeys().end());
        return all;
    }();
    return kAll;
}

} // namespace gateway
