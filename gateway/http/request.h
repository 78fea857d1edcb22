#pragma once

#include <map>
#include <string>
#include <string_view>

namespace http {

/// One request, complete: a value that outlives the connection it came by. Reentrant.
struct Request {
    std::string method;
    std::string path;                              ///< decoded once; no NUL, no "." or ".." segment
    std::map<std::string, std::string> parameters; ///< from the route: "/whip/{stream}/{session}"
    std::map<std::string, std::string> query;      ///< decoded; the first of equal names counts
    std::map<std::string, std::string>
        headers;           ///< names in lower case, repeated ones joined by ", "
    std::string body;      ///< never longer than the route's limit
    std::string client;    ///< numeric address, for logs
    bool loopback = false; ///< the client is on this machine, also seen through a trusted proxy
    bool secure = false;   ///< https, at the proxy

    /// Null when it is not there; `name` in lower case.
    [[nodiscard]] const std::string* header(std::string_view name) const;
    [[nodiscard]] const std::string* queryValue(std::string_view name) const;
    /// Empty when the route has no such part.
    [[nodiscard]] const std::string& parameter(std::string_view name) const;
    /// The media type of the body, lower case and without parameters; empty when there is none.
    [[nodiscard]] std::string contentType() const;
    /// "http://host:8080" as the client addressed us.
    [[nodiscard]] std::string origin() const;
};

} // namespace http
