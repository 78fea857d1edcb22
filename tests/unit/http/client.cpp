#include "client.h"

#include "tests/support/run_until.h"

#include <algorithm>
#include <arpa/inet.h>
#include <array>
#include <catch2/catch.hpp>
#include <cerrno>
#include <fcntl.h>
#include <netinet/in.h>
#include <sys/socket.h>

namespace support {

RawClient::RawClient(std::uint16_t port)
    : socket_(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(port);
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    REQUIRE(::connect(socket_.get(), reinterpret_cast<sockaddr*>(&address), sizeof address) == 0);
    REQUIRE(::fcntl(socket_.get(), F_SETFL, O_NONBLOCK) == 0);
}

void RawClient::send(std::string_view bytes) {
    runUntil([&] {
        const ssize_t went = ::send(socket_.get(), bytes.data(), bytes.size(), MSG_NOSIGNAL);
        if (went < 0 && errno != EAGAIN) {
            sendingFailed_ = true;
        }
        bytes.remove_prefix(went > 0 ? static_cast<std::size_t>(went) : 0);
        return bytes.empty() || sendingFailed_;
    });
}

void RawClient::readSome() {
    std::array<char, 64 * 1024> block{};
    ssize_t got = 0;
    while (!closed_ && (got = ::recv(socket_.get(), block.data(), block.size(), 0)) > 0) {
        received_.append(block.data(), static_cast<std::size_t>(got));
    }
    closed_ = closed_ || got == 0 || (got < 0 && errno != EAGAIN);
}

std::size_t RawClient::drain() {
    readSome();
    drained_ += received_.size();
    received_.clear();
    return drained_;
}

void RawClient::hangUp() {
    socket_ = base::UniqueFd();
    closed_ = true;
}

bool RawClient::waitForClose(std::chrono::milliseconds deadline) {
    return runUntil(
        [this] {
            readSome();
            return closed_;
        },
        deadline);
}

bool RawClient::waitForText(std::string_view text, std::chrono::milliseconds deadline) {
    return runUntil(
        [&] {
            readSome();
            return received_.find(text) != std::string::npos;
        },
        deadline);
}

Answer RawClient::answer() const {
    Answer answer;
    const std::size_t end = received_.find("\r\n\r\n");
    if (!received_.starts_with("HTTP/1.1 ") || end == std::string::npos) {
        return answer;
    }
    answer.status = std::stoi(received_.substr(9, 3));
    std::size_t at = received_.find("\r\n") + 2;
    while (at < end + 2) {
        const std::size_t stop = received_.find("\r\n", at);
        const std::string line = received_.substr(at, stop - at);
        const std::size_t colon = line.find(": ");
        std::string name = line.substr(0, colon);
        std::transform(name.begin(), name.end(), name.begin(),
                       [](char c) { return static_cast<char>(g_ascii_tolower(c)); });
        answer.headers[name] = line.substr(colon + 2);
        at = stop + 2;
    }
    answer.body = received_.substr(end + 4);
    return answer;
}

std::unique_ptr<http::Server> serve(http::Router router, http::ServerConfig config) {
    config.port = 0;
    auto server = http::Server::start(std::move(config), std::move(router));
    REQUIRE(server);
    return std::move(*server);
}

Answer ask(const http::Server& server, std::string_view method, std::string_view target,
           std::string_view headerLines, std::string_view body) {
    RawClient client(server.port());
    std::string request = std::string(method) + " " + std::string(target) + " HTTP/1.1\r\n";
    if (headerLines.find("Host:") == std::string_view::npos) {
        request += "Host: 127.0.0.1\r\n";
    }
    request += headerLines;
    if (!body.empty()) {
        request += "Content-Length: " + std::to_string(body.size()) + "\r\n";
    }
    client.send(request + "\r\n" + std::string(body));
    CHECK(client.waitForClose());
    return client.answer();
}

} // namespace support
