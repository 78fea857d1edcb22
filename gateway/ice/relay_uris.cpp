#include "gateway/ice/relay_uris.h"

#include "gateway/ice/ice_uri.h"
#include "pipelines/base/unique.h"

namespace ice {

namespace {

std::string escaped(const std::string& text) {
    return base::UniqueString(g_uri_escape_string(text.c_str(), nullptr, FALSE)).get();
}

} // namespace

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

} // namespace ice
