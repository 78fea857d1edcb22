#include "gateway/config_keys.h"

#include "gateway/config_values.h"
#include "pipelines/base/unique.h"

#include <algorithm>
#include <array>
#include <gio/gio.h>

namespace gateway {

namespace {

using values::Complaint;

constexpr std::size_t kLongestInterface = 15; // IFNAMSIZ without the zero

base::Object<GInetAddress> addressOf(const std::string& text) {
    return base::Object<GInetAddress>::adopt(g_inet_address_new_from_string(text.c_str()));
}

Complaint readPorts(Config& config, const std::string& value) {
    if (value.empty()) {
        config.ice.firstPort = 0;
        config.ice.lastPort = 0;
        return std::nullopt;
    }
    return values::portRange(config.ice.firstPort, config.ice.lastPort, value);
}

std::string printPorts(const Config& config) {
    return config.ice.firstPort == 0
               ? ""
               : std::to_string(config.ice.firstPort) + "-" + std::to_string(config.ice.lastPort);
}

Complaint readPublicAddress(Config& config, const std::string& value) {
    const auto address = addressOf(value);
    if (!value.empty() &&
        (!address || value == "255.255.255.255" || g_inet_address_get_is_any(address.get()) ||
         g_inet_address_get_is_loopback(address.get()) ||
         g_inet_address_get_is_multicast(address.get()) ||
         g_inet_address_get_is_link_local(address.get()))) {
        return "must be the numeric address by which publishers elsewhere reach this machine";
    }
    config.ice.publicAddress = value;
    return std::nullopt;
}

bool isInterface(const std::string& text) {
    return text.size() <= kLongestInterface && std::all_of(text.begin(), text.end(), [](char c) {
               return g_ascii_isgraph(c) && c != '/' && c != ',';
           });
}

Complaint readInterfaces(Config& config, const std::string& value) {
    std::vector<std::string> interfaces = values::list(value);
    for (const std::string& each : interfaces) {
        if (!addressOf(each) && !isInterface(each)) {
            return "must be names of network interfaces, as ip link shows them, or numeric "
                   "addresses, separated by \";\"; \"" +
                   each + "\" is neither";
        }
    }
    config.ice.interfaces = std::move(interfaces);
    return std::nullopt;
}

std::string yesNo(bool value) {
    return value ? "yes" : "no";
}

constexpr std::array kKeys{
    Key{"ice", "ports", printPorts, readPorts},
    Key{"ice", "public-address", [](const Config& c) { return c.ice.publicAddress; },
        readPublicAddress},
    Key{"ice", "interfaces", [](const Config& c) { return values::joined(c.ice.interfaces); },
        readInterfaces},
    Key{"ice", "ipv6", [](const Config& c) { return yesNo(c.ice.ipv6); },
        [](Config& c, const std::string& v) { return values::yesOrNo(c.ice.ipv6, v); }},
    Key{"ice", "use-relay", [](const Config& c) { return yesNo(c.useRelay); },
        [](Config& c, const std::string& v) { return values::yesOrNo(c.useRelay, v); }},
};

bool onlyTls(const std::vector<std::string>& urls) {
    return std::all_of(urls.begin(), urls.end(),
                       [](const std::string& url) { return url.starts_with("turns:"); });
}

} // namespace

std::span<const Key> iceKeys() {
    return kKeys;
}

std::vector<base::Error> checkIce(const Config& config) {
    std::vector<base::Error> errors;
    const auto complain = [&](const char* message) {
        errors.push_back({base::Problem::Malformed, message});
    };
    if (config.ice.firstPort != 0 && config.ice.firstPort <= config.rtp.lastPort &&
        config.rtp.firstPort <= config.ice.lastPort) {
        complain("[ice] ports and [rtp] ports must not overlap: receivers on this machine take the "
                 "latter");
    }
    if (!config.useRelay) {
        return errors;
    }
    if (!config.relay.namesRelay()) {
        complain(
            "[ice] use-relay=yes needs a relay elsewhere: name one in the group [relay] with urls, "
            "fixed-urls or service-url");
    } else if (config.relay.serviceUrl.empty() && onlyTls(config.relay.urls) &&
               onlyTls(config.relay.fixedUrls)) {
        complain(
            "[ice] use-relay=yes needs a turn: address in the group [relay]: over TLS (turns:) "
            "Spillway itself can't use a relay, browsers can");
    }
    return errors;
}

} // namespace gateway
