#include "gateway/ice/ice_uri.h"

#include "pipelines/base/unique.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <gio/gio.h>

namespace ice {

using base::Problem;

namespace {

struct SchemeName {
    IceUri::Scheme scheme;
    std::string_view name;
};

constexpr std::array kSchemes{
    SchemeName{IceUri::Scheme::Stun, "stun"},
    SchemeName{IceUri::Scheme::Stuns, "stuns"},
    SchemeName{IceUri::Scheme::Turn, "turn"},
    SchemeName{IceUri::Scheme::Turns, "turns"},
};

constexpr const char* kShape =
    "must be an address such as stun:relay.example.org, turn:relay.example.org:3478?transport=udp "
    "or turns:relay.example.org:5349";

std::string lower(std::string_view text) {
    std::string out(text);
    std::transform(out.begin(), out.end(), out.begin(), g_ascii_tolower);
    return out;
}

bool isIpv6(const std::string& text) {
    const auto address =
        base::Object<GInetAddress>::adopt(g_inet_address_new_from_string(text.c_str()));
    return address && g_inet_address_get_family(address.get()) == G_SOCKET_FAMILY_IPV6 &&
           text.find('%') == std::string::npos;
}

bool isName(std::string_view text) {
    return !text.empty() && text.size() <= 253 && text.front() != '.' && text.front() != '-' &&
           std::all_of(text.begin(), text.end(), [](char c) {
               return g_ascii_isalnum(c) || c == '.' || c == '-' || c == '_';
           });
}

/// "?transport=udp" is all that RFC 7065 has behind the address.
bool readTransport(std::string_view query, IceUri& uri) {
    const std::string value = lower(query);
    if (!uri.relays() || (value != "transport=udp" && value != "transport=tcp")) {
        return false;
    }
    uri.transport = value.ends_with("udp") ? IceUri::Transport::Udp : IceUri::Transport::Tcp;
    return true;
}

bool readPort(std::string_view text, IceUri& uri) {
    const char* end = text.data() + text.size();
    const auto [stop, error] = std::from_chars(text.data(), end, uri.port);
    return error == std::errc() && stop == end && text.size() <= 5 && uri.port > 0 &&
           uri.port <= 65535;
}

/// "host", "host:port", "[::1]:port"
bool readAddress(std::string_view text, IceUri& uri) {
    std::string_view port;
    if (text.starts_with('[')) {
        const std::size_t close = text.find(']');
        if (close == std::string_view::npos) {
            return false;
        }
        uri.host = lower(text.substr(1, close - 1));
        port = text.substr(close + 1);
        if (!isIpv6(uri.host)) {
            return false;
        }
    } else {
        const std::size_t colon = std::min(text.find(':'), text.size());
        uri.host = lower(text.substr(0, colon));
        port = text.substr(colon);
        if (!isName(uri.host)) {
            return false;
        }
    }
    return port.empty() || (port.front() == ':' && readPort(port.substr(1), uri));
}

} // namespace

base::Result<IceUri> IceUri::parse(std::string_view text) {
    if (text.size() > kLongest) {
        return base::fail(Problem::Malformed, "must be an address of at most 400 characters");
    }
    const std::size_t colon = std::min(text.find(':'), text.size());
    const std::string name = lower(text.substr(0, colon));
    const auto known =
        std::find_if(kSchemes.begin(), kSchemes.end(),
                     [&](const SchemeName& candidate) { return candidate.name == name; });
    if (known == kSchemes.end() || colon == text.size()) {
        return base::fail(Problem::Malformed, kShape);
    }
    IceUri uri;
    uri.scheme = known->scheme;
    std::string_view rest = text.substr(colon + 1);
    if (rest.starts_with("//")) {
        return base::fail(Problem::Malformed, std::string(kShape) + ", without //");
    }
    const std::size_t mark = rest.find('?');
    if (mark != std::string_view::npos) {
        if (!readTransport(rest.substr(mark + 1), uri)) {
            return base::fail(Problem::Malformed,
                              "must have nothing behind the address but ?transport=udp or "
                              "?transport=tcp, and that only of turn: and turns:");
        }
        rest = rest.substr(0, mark);
    }
    if (!readAddress(rest, uri)) {
        return base::fail(Problem::Malformed, kShape);
    }
    return uri;
}

std::string IceUri::print() const {
    std::string text;
    for (const SchemeName& candidate : kSchemes) {
        if (candidate.scheme == scheme) {
            text = std::string(candidate.name) + ":";
        }
    }
    text += host.find(':') != std::string::npos ? "[" + host + "]" : host;
    if (port != 0) {
        text += ":" + std::to_string(port);
    }
    if (transport) {
        text += *transport == Transport::Udp ? "?transport=udp" : "?transport=tcp";
    }
    return text;
}

std::string hostAndPort(const std::string& host, int port) {
    const bool ipv6 = host.find(':') != std::string::npos && !host.starts_with('[');
    return (ipv6 ? "[" + host + "]" : host) + ":" + std::to_string(port);
}

} // namespace ice
