#pragma once

#include "gateway/http/server.h"
#include "pipelines/base/unique.h"

#include <functional>
#include <map>
#include <string>
#include <string_view>
#include <vector>

namespace support {

/// What came back over one connection.
struct Answer {
    int status = 0;
    std::map<std::string, std::string> headers; ///< names in lower case
    std::string body;

    [[nodiscard]] std::string header(const std::string& name) const {
        const auto found = headers.find(name);
        return found == headers.end() ? std::string() : found->second;
    }
};

/// A raw socket on the same main loop as the server under test.
class RawClient {
public:
    explicit RawClient(std::uint16_t port);

    void send(std::string_view bytes);
    /// Turns the loop; false when the deadline passed first.
    bool waitForClose(std::chrono::milliseconds deadline = std::chrono::seconds(10));
    bool waitForText(std::string_view text,
                     std::chrono::milliseconds deadline = std::chrono::seconds(10));
    /// Reads what is there and forgets it, for bodies that are too long to keep; returns how many
    /// bytes have come in all.
    std::size_t drain();
    void readSome();
    void hangUp();

    [[nodiscard]] const std::string& received() const { return received_; }
    [[nodiscard]] bool closed() const { return closed_; }
    [[nodiscard]] bool sendingFailed() const { return sendingFailed_; }
    [[nodiscard]] Answer answer() const;

private:
    base::UniqueFd socket_;
    std::string received_;
    std::size_t drained_ = 0;
    bool closed_ = false;
    bool sendingFailed_ = false;
};

/// A server on any free port of 127.0.0.1.
std::unique_ptr<http::Server> serve(http::Router router, http::ServerConfig config = {});

/// One request with Host and the further header lines (each with \r\n), and its answer.
Answer ask(const http::Server& server, std::string_view method, std::string_view target,
           std::string_view headerLines = {}, std::string_view body = {});

} // namespace support
