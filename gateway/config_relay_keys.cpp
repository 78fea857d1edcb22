#include "gateway/config_keys.h"

#include "gateway/config_values.h"
#include "gateway/ice/ice_uri.h"
#include "pipelines/base/unique.h"

#include <algorithm>
#include <array>

namespace gateway {

namespace {

using ice::IceUri;
using ice::Policy;
using values::Complaint;
using Embedded = ice::Settings::Embedded;

/// As many as a browser may be given of one kind.
constexpr std::size_t kMostUrls = 16;
constexpr std::int64_t kLeastPort = 1024;

/// Addresses of STUN servers, or of relays, as they are printed.
Complaint readUris(std::vector<std::string>& into, const std::string& value, bool relays) {
    std::vector<std::string> uris;
    for (const std::string& item : values::list(value)) {
        const auto uri = IceUri::parse(item);
        if (!uri) {
            return "\"" + item + "\" " + uri.error().message;
        }
        if (uri->relays() != relays) {
            return "\"" + item + "\" must begin with " + (relays ? "turn: or turns:" : "stun:");
        }
        if (uri->secure() && uri->transport == IceUri::Transport::Udp) {
            return "\"" + item + "\" must be without ?transport=udp: browsers speak TLS over TCP";
        }
        uris.push_back(uri->print());
    }
    if (uris.size() > kMostUrls) {
        return "must be at most " + std::to_string(kMostUrls) + " addresses";
    }
    into = std::move(uris);
    return std::nullopt;
}

Complaint readPrintable(std::string& into, const std::string& value) {
    if (!ice::isPrintable(value) || value.size() > ice::kLongestCredential) {
        return "must be at most 508 printable ASCII characters";
    }
    into = value;
    return std::nullopt;
}

Complaint readEmbedded(Config& config, const std::string& value) {
    if (value == "auto") {
        config.relay.embedded = Embedded::Auto;
        return std::nullopt;
    }
    bool yes = false;
    if (values::yesOrNo(yes, value)) {
        return "must be auto, yes or no";
    }
    config.relay.embedded = yes ? Embedded::Yes : Embedded::No;
    return std::nullopt;
}

std::string printEmbedded(const Config& config) {
    const Embedded value = config.relay.embedded;
    return value == Embedded::Auto ? "auto" : value == Embedded::Yes ? "yes" : "no";
}

Complaint readListen(Config& config, const std::string& value) {
    std::vector<std::string> addresses = values::list(value);
    for (const std::string& address : addresses) {
        std::string taken;
        if (values::unicast(taken, address)) {
            return "must be numeric addresses of this machine, separated by \";\"; \"" + address +
                   "\" is none";
        }
    }
    config.relay.listen = std::move(addresses);
    return std::nullopt;
}

Complaint readPort(Config& config, const std::string& value) {
    std::int64_t port = 0;
    if (values::number(port, value, 0, 65535) || (port != 0 && port < kLeastPort)) {
        return "must be 0 or a port from 1024 to 65535: the relay does not run as root";
    }
    config.relay.port = static_cast<int>(port);
    return std::nullopt;
}

Complaint readPolicy(Config& config, const std::string& value) {
    if (value != "all" && value != "relay") {
        return "must be all or relay";
    }
    config.relay.policy = value == "all" ? Policy::All : Policy::Relay;
    return std::nullopt;
}

Complaint readTtl(Config& config, const std::string& value) {
    std::int64_t seconds = config.relay.ttl.count();
    Complaint complaint = values::number(seconds, value, 30, 86'400);
    config.relay.ttl = std::chrono::seconds(seconds);
    return complaint;
}

Complaint readServiceUrl(Config& config, const std::string& value) {
    const base::UniqueUri uri(g_uri_parse(value.c_str(), G_URI_FLAGS_NONE, nullptr));
    const std::string scheme = uri ? g_uri_get_scheme(uri.get()) : "";
    const char* host = uri ? g_uri_get_host(uri.get()) : nullptr;
    const bool web = (scheme == "http" || scheme == "https") && host != nullptr && *host != '\0';
    if (!value.empty() && (!web || !ice::isPrintable(value))) {
        return "must be an address such as https://turn.example.org/ice?service=turn";
    }
    if (uri && (g_uri_get_userinfo(uri.get()) != nullptr || g_uri_get_fragment(uri.get()))) {
        return "must be without a name before @ and without #: put \"Authorization: …\" into "
               "service-headers";
    }
    config.relay.serviceUrl = value;
    return std::nullopt;
}

/// "Name: value" with a token for a name (RFC 9110 section 5.1).
bool readHeader(const std::string& text, std::pair<std::string, std::string>& header) {
    const std::size_t colon = text.find(':');
    if (colon == std::string::npos || !ice::isPrintable(text)) {
        return false;
    }
    header.first = text.substr(0, colon);
    header.second = values::trimmed(text.substr(colon + 1));
    static constexpr std::string_view kFurther = "!#$%&'*+-.^_`|~";
    return !header.first.empty() && !header.second.empty() &&
           std::all_of(header.first.begin(), header.first.end(), [](char c) {
               return g_ascii_isalnum(c) || kFurther.find(c) != std::string_view::npos;
           });
}

Complaint readServiceHeaders(Config& config, const std::string& value) {
    std::vector<std::pair<std::string, std::string>> headers;
    for (const std::string& item : values::splitList(value)) {
        if (!readHeader(item, headers.emplace_back())) {
            // Not quoted: it is a secret.
            return "must be headers such as \"Authorization: Bearer …\", separated by \";\"";
        }
    }
    config.relay.serviceHeaders = std::move(headers);
    return std::nullopt;
}

std::string printServiceHeaders(const Config& config) {
    std::vector<std::string> lines;
    for (const auto& [name, value] : config.relay.serviceHeaders) {
        lines.push_back(name + ": " + value);
    }
    return values::joined(lines);
}

constexpr std::array kKeys{
    Key{"relay", "embedded", printEmbedded, readEmbedded},
    Key{"relay", "listen", [](const Config& c) { return values::joined(c.relay.listen); },
        readListen},
    Key{"relay", "port", [](const Config& c) { return std::to_string(c.relay.port); }, readPort},
    Key{"relay", "policy",
        [](const Config& c) {
            return std::string(c.relay.policy == Policy::All ? "all" : "relay");
        },
        readPolicy},
    Key{"relay", "stun", [](const Config& c) { return values::joined(c.relay.stun); },
        [](Config& c, const std::string& v) { return readUris(c.relay.stun, v, false); }},
    Key{"relay", "urls", [](const Config& c) { return values::joined(c.relay.urls); },
        [](Config& c, const std::string& v) { return readUris(c.relay.urls, v, true); }},
    Key{"relay", "secret", [](const Config& c) { return c.relay.secret; },
        [](Config& c, const std::string& v) { return readPrintable(c.relay.secret, v); }},
    Key{"relay", "secret-file", [](const Config& c) { return c.relay.secretFile; },
        [](Config& c, const std::string& v) {
            c.relay.secretFile = v;
            return Complaint();
        }},
    Key{"relay", "realm", [](const Config& c) { return c.relay.realm; },
        [](Config& c, const std::string& v) { return readPrintable(c.relay.realm, v); }},
    Key{"relay", "ttl", [](const Config& c) { return std::to_string(c.relay.ttl.count()); },
        readTtl},
    Key{"relay", "fixed-urls", [](const Config& c) { return values::joined(c.relay.fixedUrls); },
        [](Config& c, const std::string& v) { return readUris(c.relay.fixedUrls, v, true); }},
    Key{"relay", "username", [](const Config& c) { return c.relay.username; },
        [](Config& c, const std::string& v) { return readPrintable(c.relay.username, v); }},
    Key{"relay", "credential", [](const Config& c) { return c.relay.credential; },
        [](Config& c, const std::string& v) { return readPrintable(c.relay.credential, v); }},
    Key{"relay", "service-url", [](const Config& c) { return c.relay.serviceUrl; }, readServiceUrl},
    Key{"relay", "service-headers", printServiceHeaders, readServiceHeaders},
};

} // namespace

std::span<const Key> relayKeys() {
    return kKeys;
}

} // namespace gateway
