#pragma once

#include "gateway/http/router.h"
#include "pipelines/base/result.h"
#include "pipelines/base/units.h"

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

namespace http {

struct ServerConfig {
    std::string address = "127.0.0.1";    ///< numeric, or "localhost"
    std::uint16_t port = 8080;            ///< 0 = any free one
    std::vector<std::string> hosts;       ///< further names accepted in Host
    bool trustedProxy = false;            ///< X-Forwarded-For and -Proto from loopback are believed
    std::size_t connections = 1024;       ///< more than these: the longest idle one is closed
    base::Milliseconds idleLimit{30'000}; ///< between requests, and without progress in an answer
    base::Milliseconds requestLimit{10'000}; ///< from a request's first byte to its last
};

/// HTTP/1.1 on libsoup, behind a listener of our own that bounds connections and time. Owned by the
/// application. Thread-bound.
class Server {
public:
    /// Listens at once. An error names the address and says what to change.
    static base::Result<std::unique_ptr<Server>> start(ServerConfig config, Router router);
    Server(const Server&) = delete;
    Server& operator=(const Server&) = delete;
    ~Server(); ///< closes every connection

    [[nodiscard]] std::uint16_t port() const;
    [[nodiscard]] std::string url() const; ///< "http://127.0.0.1:8080/"
    [[nodiscard]] std::size_t connections() const;

    class Impl;

private:
    explicit Server(std::unique_ptr<Impl> impl);
    std::unique_ptr<Impl> impl_;
};

} // namespace http
