#include "gateway/ice/ice_server.h"

#include "gateway/ice/ice_uri.h"
#include "pipelines/base/unique.h"
#include "pipelines/json/writer.h"

#include <algorithm>

namespace ice {

namespace {

/// nginx takes the headers of an answer into 4 KiB unless told otherwise; ours are some more.
constexpr std::size_t kMostLinkBytes = 3072;

bool isRelay(std::string_view url) {
    return url.starts_with("turn:") || url.starts_with("turns:");
}

/// A quoted-string (RFC 9110 section 5.6.4).
std::string quoted(std::string_view text) {
    std::string out = "\"";
    for (const char c : text) {
        if (c == '"' || c == '\\') {
            out += '\\';
        }
        out += c;
    }
    return out + '"';
}

std::string linkTo(const std::string& url, const IceServer& server) {
    std::string link = "<" + url + ">; rel=\"ice-server\"";
    if (isRelay(url)) {
        link += "; username=" + quoted(server.username) +
                "; credential=" + quoted(server.credential) + "; credential-type=\"password\"";
    }
    return link;
}

std::string escaped(const std::string& text) {
    return base::UniqueString(g_uri_escape_string(text.c_str(), nullptr, FALSE)).get();
}
} // namespace

bool IceServer::relays() const {
    return std::any_of(urls.begin(), urls.end(), isRelay);
}

bool IceConfiguration::relays() const {
    return std::any_of(servers.begin(), servers.end(),
                       [](const IceServer& server) { return server.relays(); });
}

std::string toJson(const IceConfiguration& configuration) {
    json::Writer json;
    json.list("iceServers");
    for (const IceServer& server : configuration.servers) {
        json.addObject().put("urls", server.urls);
        if (server.relays()) {
            json.put("username", server.username).put("credential", server.credential);
        }
        json.end();
    }
    json.end().put("iceTransportPolicy", configuration.policy == Policy::All ? "all" : "relay");
    if (configuration.ttl) {
        json.put("ttl", configuration.ttl->count());
    }
    return json.finish() + "\n";
}

std::vector<std::string> toLinks(const IceConfiguration& configuration) {
    std::vector<std::string> links;
    std::size_t bytes = 0;
    for (const IceServer& server : configuration.servers) {
        for (const std::string& url : server.urls) {
            std::string link = linkTo(url, server);
            bytes += link.size() + std::string_view("Link: \r\n").size();
            if (bytes > kMostLinkBytes) {
                return links;
            }
            links.push_back(std::move(link));
        }
    }
    return links;
}

std::vector<std::string> urisForWebrtcbin(const IceConfiguration& configuration) {
    std::vector<std::string> uris;
    for (const IceServer& server : configuration.servers) {
        for (const std::string& url : server.urls) {
            const auto uri = IceUri::parse(url);
            if (!uri || uri->scheme != IceUri::Scheme::Turn) {
                continue;
            }
            const bool tcp = uri->transportOrDefault() == IceUri::Transport::Tcp;
            uris.push_back("turn://" + escaped(server.username) + ":" + escaped(server.credential) +
                           "@" + hostAndPort(uri->host, uri->portOrDefault()) +
                           "?transport=" + (tcp ? "tcp" : "udp"));
        }
    }
    return uris;
}

bool isPrintable(std::string_view text) {
    return std::all_of(text.begin(), text.end(), [](char c) { return c >= ' ' && c <= '~'; });
}

} // namespace ice
