#pragma once

#include "pipelines/base/result.h"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

namespace http {

/// A file to send: ranges, HEAD, conditional requests and reading without blocking are done by the
/// server. A file that is gone is answered 404. The length is that of the moment of opening.
struct FileBody {
    std::string path;
    std::string etag;      ///< quoted; empty = made from the file's size, time and inode
    std::string accelPath; ///< not empty = let the proxy send it (X-Accel-Redirect to this)
    std::optional<std::int64_t> length = std::nullopt; ///< only so much of a file that grows
};

/// An answer: a value. Reentrant.
struct Reply {
    int status = 200;
    std::vector<std::pair<std::string, std::string>> headers;
    std::variant<std::monostate, std::string, FileBody> body;

    static Reply empty(int status = 204);
    static Reply text(std::string text, std::string_view contentType = "text/plain; charset=utf-8");
    static Reply json(std::string text, int status = 200);
    static Reply file(FileBody file, std::string_view contentType);

    /// Adds a header; the value must not hold control characters (they are dropped).
    Reply& with(std::string_view name, std::string_view value) &;
    Reply&& with(std::string_view name, std::string_view value) &&;
    [[nodiscard]] const std::string* header(std::string_view name) const; ///< any case
};

/// The one table from kinds of problems to status codes.
[[nodiscard]] int statusOf(base::Problem problem);
/// application/problem+json (RFC 9457). Unauthorized brings WWW-Authenticate, Unavailable
/// Retry-After.
[[nodiscard]] Reply problem(const base::Error& error);

} // namespace http
