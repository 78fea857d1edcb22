#include "gateway/config.h"

#include "gateway/config_keys.h"
#include "gateway/config_values.h"
#include "pipelines/base/unique.h"

#include <algorithm>
#include <gio/gio.h>

namespace gateway {

using base::Error;
using base::Problem;

namespace {

Error at(const std::string& file, const char* group, const char* key, const std::string& what) {
    return {Problem::Malformed, file + ": [" + group + "] " + key + " " + what};
}

const Key* findKey(std::string_view group, std::string_view name) {
    const auto keys = allKeys();
    const auto found = std::find_if(keys.begin(), keys.end(), [&](const Key& key) {
        return group == key.group && name == key.name;
    });
    return found == keys.end() ? nullptr : &*found;
}

bool knownGroup(std::string_view group) {
    const auto keys = allKeys();
    return std::any_of(keys.begin(), keys.end(),
                       [&](const Key& key) { return group == key.group; });
}

void readGroup(GKeyFile* file, const char* group, const std::string& name, Config& config,
               std::vector<Error>& errors) {
    if (!knownGroup(group)) {
        errors.push_back({Problem::Malformed, name + ": there is no group [" + group + "]"});
        return;
    }
    const std::unique_ptr<char*, decltype(&g_strfreev)> keys(
        g_key_file_get_keys(file, group, nullptr, nullptr), g_strfreev);
    for (char** key = keys.get(); *key; ++key) {
        const Key* known = findKey(group, *key);
        if (!known) {
            errors.push_back(
                at(name, group, *key, "is not known; deploy/spillway.conf lists all keys"));
            continue;
        }
        const base::UniqueString value(g_key_file_get_value(file, group, *key, nullptr));
        if (const auto complaint = known->read(config, g_strstrip(value.get()))) {
            errors.push_back(at(name, group, *key, *complaint));
        }
    }
}

} // namespace

Checked<Config> parseConfig(const std::string& text, const std::string& name) {
    const base::UniqueKeyFile file(g_key_file_new());
    base::ErrorOut error;
    // An empty file is fine, but not for GLib before the first group.
    if (!text.empty() &&
        !g_key_file_load_from_data(file.get(), text.data(), text.size(), G_KEY_FILE_NONE, error)) {
        return tl::unexpected(
            std::vector<Error>{{Problem::Malformed, name + ": " + error.message()}});
    }
    Config config;
    std::vector<Error> errors;
    const std::unique_ptr<char*, decltype(&g_strfreev)> groups(
        g_key_file_get_groups(file.get(), nullptr), g_strfreev);
    for (char** group = groups.get(); *group; ++group) {
        readGroup(file.get(), *group, name, config, errors);
    }
    if (!errors.empty()) {
        return tl::unexpected(std::move(errors));
    }
    return config;
}

Checked<Config> readConfig(const std::string& path) {
    char* text = nullptr;
    gsize length = 0;
    base::ErrorOut error;
    if (!g_file_get_contents(path.c_str(), &text, &length, error)) {
        return tl::unexpected(std::vector<Error>{{Problem::NotFound, error.message()}});
    }
    const base::UniqueString owned(text);
    return parseConfig(std::string(text, length), path);
}

base::Result<void> setListen(http::ServerConfig& server, std::string_view value) {
    const std::size_t colon = value.rfind(':');
    std::string address(value.substr(0, colon == std::string_view::npos ? 0 : colon));
    const bool bracketed = address.starts_with('[') && address.ends_with(']');
    if (bracketed) {
        address = address.substr(1, address.size() - 2);
    }
    const auto numeric =
        base::Object<GInetAddress>::adopt(g_inet_address_new_from_string(address.c_str()));
    const bool fits =
        numeric ? bracketed == (g_inet_address_get_family(numeric.get()) == G_SOCKET_FAMILY_IPV6)
                : address == "localhost" && !bracketed;
    std::int64_t port = 0;
    if (!fits || values::number(port, std::string(value.substr(colon + 1)), 0, 65535)) {
        return base::fail(Problem::Malformed,
                          "must be a numeric address or localhost and a port, such as "
                          "127.0.0.1:8080 or [::1]:8080");
    }
    server.address = address;
    server.port = static_cast<std::uint16_t>(port);
    return {};
}

std::vector<Error> checkTogether(const Config& config) {
    std::vector<Error> errors;
    if (auto listening = rights::checkListening(config.access, config.server.address); !listening) {
        errors.push_back(listening.error());
    }
    if (config.hls.segment.count() % config.video.gop.count() != 0) {
        errors.push_back({Problem::Malformed,
                          "[hls] segment-seconds must be a multiple of [video] gop-seconds: "
                          "segments begin with key frames"});
    }
    if (!config.recording.accelPrefix.empty() && !config.server.trustedProxy) {
        errors.push_back({Problem::Malformed,
                          "[server] x-accel needs trusted-proxy=yes, which tells who came by the "
                          "proxy"});
    }
    const auto iceErrors = checkIce(config);
    errors.insert(errors.end(), iceErrors.begin(), iceErrors.end());
    const auto relayErrors = ice::checkTogether(config.relay);
    errors.insert(errors.end(), relayErrors.begin(), relayErrors.end());
    return errors;
}

std::vector<KnownKey> knownKeys() {
    std::vector<KnownKey> known;
    const Config defaults;
    for (const Key& key : allKeys()) {
        known.push_back({key.group, key.name, key.print(defaults)});
    }
    return known;
}

} // namespace gateway
