#include "gateway/config/config.h"

#include "gateway/config/keys.h"
#include "pipelines/base/unique.h"

#include <algorithm>

namespace config {

using base::Error;
using base::Problem;

namespace {

using Names = std::unique_ptr<char*, decltype(&g_strfreev)>;

const Key* findKey(const std::vector<Key>& keys, std::string_view group, std::string_view name) {
    const auto found = std::find_if(keys.begin(), keys.end(), [&](const Key& key) {
        return group == key.group && name == key.name;
    });
    return found == keys.end() ? nullptr : &*found;
}

/// What is wrong with one line of the file, as the end of a sentence.
Complaint readLine(GKeyFile* file, const char* group, const char* name,
                   const std::vector<Key>& keys) {
    const Key* key = findKey(keys, group, name);
    if (!key) {
        return "is not known; spillway.conf(5) and deploy/spillway.conf list all keys";
    }
    const base::UniqueString value(g_key_file_get_value(file, group, name, nullptr));
    return key->value.read(g_strstrip(value.get()));
}

bool onlyTls(const std::vector<std::string>& urls) {
    return std::all_of(urls.begin(), urls.end(),
                       [](const std::string& url) { return url.starts_with("turns:"); });
}

} // namespace

Checked<Config> parse(const std::string& text, const std::string& name) {
    std::vector<Error> errors;
    const auto complain = [&](const std::string& what) {
        errors.push_back({Problem::Malformed, name + ": " + what});
    };
    const base::UniqueKeyFile file(g_key_file_new());
    base::ErrorOut error;
    // GLib takes no empty text.
    if (!text.empty() &&
        !g_key_file_load_from_data(file.get(), text.data(), text.size(), G_KEY_FILE_NONE, error)) {
        complain(error.message());
    }
    Config config;
    const std::vector<Key> keys = keysOf(config);
    const Names groups(g_key_file_get_groups(file.get(), nullptr), g_strfreev);
    for (char** group = groups.get(); *group; ++group) {
        if (std::none_of(keys.begin(), keys.end(),
                         [&](const Key& key) { return key.group == std::string_view(*group); })) {
            complain("there is no group [" + std::string(*group) + "]");
            continue;
        }
        const Names names(g_key_file_get_keys(file.get(), *group, nullptr, nullptr), g_strfreev);
        for (char** key = names.get(); *key; ++key) {
            if (const auto complaint = readLine(file.get(), *group, *key, keys)) {
                complain("[" + std::string(*group) + "] " + *key + " " + *complaint);
            }
        }
    }
    if (!errors.empty()) {
        return tl::unexpected(std::move(errors));
    }
    return config;
}

Checked<Config> readFile(const std::string& path) {
    char* text = nullptr;
    gsize length = 0;
    base::ErrorOut error;
    if (!g_file_get_contents(path.c_str(), &text, &length, error)) {
        return tl::unexpected(std::vector<Error>{{Problem::NotFound, error.message()}});
    }
    const base::UniqueString owned(text);
    return parse(std::string(text, length), path);
}

base::Result<void> set(Config& config, const std::string& group, const std::string& name,
                       const std::string& value) {
    const std::vector<Key> keys = keysOf(config);
    if (const auto complaint = findKey(keys, group, name)->value.read(value)) {
        return base::fail(Problem::Malformed, *complaint);
    }
    return {};
}

std::vector<Error> checkTogether(const Config& config) {
    std::vector<Error> errors;
    const auto refuse = [&](bool wrong, const char* message) {
        if (wrong) {
            errors.push_back({Problem::Malformed, message});
        }
    };
    if (auto listening = rights::checkListening(config.access, config.server.address); !listening) {
        errors.push_back(listening.error());
    }
    refuse(config.hls.segment.count() % config.video.gop.count() != 0,
           "[hls] segment-seconds must be a multiple of [video] gop-seconds: segments begin with "
           "key frames");
    refuse(!config.recording.accelPrefix.empty() && !config.server.trustedProxy,
           "[server] x-accel needs trusted-proxy=yes, which tells who came by the proxy");
    refuse(config.ice.firstPort != 0 && config.ice.firstPort <= config.rtp.lastPort &&
               config.rtp.firstPort <= config.ice.lastPort,
           "[ice] ports and [rtp] ports must not overlap: receivers on this machine take the "
           "latter");
    const ice::Settings& relay = config.relay;
    refuse(config.useRelay && !relay.namesRelay(),
           "[ice] use-relay=yes needs a relay elsewhere: name one in the group [relay] with urls, "
           "fixed-urls or service-url");
    refuse(config.useRelay && relay.namesRelay() && relay.serviceUrl.empty() &&
               onlyTls(relay.urls) && onlyTls(relay.fixedUrls),
           "[ice] use-relay=yes needs a turn: address in the group [relay]: over TLS (turns:) "
           "Spillway itself can't use a relay, browsers can");
    const bool secret = !relay.secret.empty() || !relay.secretFile.empty();
    refuse(!relay.urls.empty() && !secret,
           "[relay] urls needs secret or secret-file, the static-auth-secret of those relays; "
           "relays with a fixed name and password belong in fixed-urls");
    refuse(relay.urls.empty() && secret,
           "[relay] secret and secret-file need urls, the relays that they are for");
    refuse(!relay.secret.empty() && !relay.secretFile.empty(),
           "[relay] takes secret or secret-file, not both of them");
    if (const auto read = ice::readSecret(relay); !read && relay.secret.empty()) {
        errors.push_back(read.error());
    }
    refuse(relay.urls.empty() && !relay.realm.empty(),
           "[relay] realm needs urls, the relays that should have it");
    refuse(!relay.fixedUrls.empty() && (relay.username.empty() || relay.credential.empty()),
           "[relay] fixed-urls needs username and credential");
    refuse(relay.fixedUrls.empty() && !(relay.username.empty() && relay.credential.empty()),
           "[relay] username and credential need fixed-urls, the relays that they are for");
    refuse(relay.serviceUrl.empty() && !relay.serviceHeaders.empty(),
           "[relay] service-headers needs service-url");
    refuse(relay.policy == ice::Policy::Relay && !relay.namesRelay() && !relay.runsRelay(),
           "[relay] policy=relay needs a relay: urls, fixed-urls, service-url or embedded=yes");
    return errors;
}

} // namespace config
