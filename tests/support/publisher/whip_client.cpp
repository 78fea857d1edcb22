#include "tests/support/publisher/whip_client.h"

#include "pipelines/base/unique.h"

#include <array>
#include <cstdlib>
#include <gio/gio.h>
#include <optional>

namespace publisher {
namespace {

using base::ErrorOut;
using base::Object;
using base::Problem;

constexpr unsigned kTimeoutSeconds = 15;

struct Address {
    std::string host;
    int port = 80;
    std::string path;
};

base::Result<Address> addressOf(const std::string& url) {
    ErrorOut error;
    const base::UniqueUri uri(g_uri_parse(url.c_str(), G_URI_FLAGS_NONE, error));
    if (!uri || std::string_view(g_uri_get_scheme(uri.get())) != "http") {
        return base::fail(Problem::Malformed, "not an http:// address: " + url);
    }
    Address address{g_uri_get_host(uri.get()), g_uri_get_port(uri.get()),
                    g_uri_get_path(uri.get())};
    if (address.port < 0) {
        address.port = 80;
    }
    if (const char* query = g_uri_get_query(uri.get())) {
        address.path.append("?").append(query);
    }
    return address;
}

std::optional<std::string> headerOf(const std::string& response, std::string_view name) {
    const auto end = response.find("\r\n\r\n");
    for (auto at = response.find("\r\n"); at < end; at = response.find("\r\n", at + 2)) {
        const auto colon = response.find(':', at);
        if (colon != std::string::npos && colon - at - 2 == name.size() &&
            g_ascii_strncasecmp(response.c_str() + at + 2, name.data(), name.size()) == 0) {
            const auto value = response.find_first_not_of(' ', colon + 1);
            return response.substr(value, response.find("\r\n", colon) - value);
        }
    }
    return std::nullopt;
}

int statusOf(const std::string& response) {
    return response.starts_with("HTTP/1.") && response.size() > 12 ? std::atoi(&response[9]) : 0;
}

/// True once the response has all the body that its head announces.
bool complete(const std::string& response) {
    const auto end = response.find("\r\n\r\n");
    const auto length =
        end == std::string::npos ? std::nullopt : headerOf(response, "content-length");
    return length && response.size() >= end + 4 + std::strtoul(length->c_str(), nullptr, 10);
}

} // namespace

base::Result<WhipClient> WhipClient::create(const std::string& url, const std::string& token) {
    const auto address = addressOf(url);
    if (!address) {
        return base::fail(address.error());
    }
    return WhipClient(address->host, address->port, address->path, token);
}

base::Result<WhipAnswer> WhipClient::post(const std::string& offer) const {
    auto response =
        exchange(head("POST", path_) + "Content-Type: application/sdp\r\nContent-Length: " +
                 std::to_string(offer.size()) + "\r\n\r\n" + offer);
    if (!response) {
        return base::fail(response.error().within("POST " + path_));
    }
    WhipAnswer answer;
    answer.status = statusOf(*response);
    const auto end = response->find("\r\n\r\n");
    answer.body = end == std::string::npos ? "" : response->substr(end + 4);
    if (const auto location = headerOf(*response, "location")) {
        answer.session = location->starts_with("/")
                             ? "http://" + host_ + ":" + std::to_string(port_) + *location
                             : *location;
    }
    return answer;
}

base::Result<int> WhipClient::remove(const std::string& session) const {
    const auto address = addressOf(session);
    if (!address) {
        return base::fail(address.error());
    }
    auto response = exchange(head("DELETE", address->path) + "\r\n");
    if (!response) {
        return base::fail(response.error().within("DELETE"));
    }
    return statusOf(*response);
}

std::string WhipClient::head(const std::string& method, const std::string& path) const {
    return method + " " + path + " HTTP/1.1\r\nHost: " + host_ + ":" + std::to_string(port_) +
           "\r\nConnection: close\r\n" +
           (token_.empty() ? "" : "Authorization: Bearer " + token_ + "\r\n");
}

base::Result<std::string> WhipClient::exchange(const std::string& request) const {
    ErrorOut error;
    const auto client = Object<GSocketClient>::adopt(g_socket_client_new());
    g_socket_client_set_timeout(client.get(), kTimeoutSeconds);
    const auto connection = Object<GSocketConnection>::adopt(g_socket_client_connect_to_host(
        client.get(), host_.c_str(), static_cast<guint16>(port_), nullptr, error));
    if (!connection) {
        return base::fail(Problem::PeerLost, error.message());
    }
    GOutputStream* out = g_io_stream_get_output_stream(G_IO_STREAM(connection.get()));
    GInputStream* in = g_io_stream_get_input_stream(G_IO_STREAM(connection.get()));
    if (!g_output_stream_write_all(out, request.data(), request.size(), nullptr, nullptr, error)) {
        return base::fail(Problem::PeerLost, error.message());
    }
    std::string response;
    std::array<char, 16384> part{};
    while (!complete(response)) {
        const gssize got = g_input_stream_read(in, part.data(), part.size(), nullptr, error);
        if (got < 0) {
            return base::fail(Problem::PeerLost, error.message());
        }
        if (got == 0) {
            break;
        }
        response.append(part.data(), static_cast<std::size_t>(got));
    }
    return response;
}

} // namespace publisher
