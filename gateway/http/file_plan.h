#pragma once

#include "gateway/http/request.h"

#include <cstdint>
#include <string>

namespace http {

/// What is known of an opened file.
struct FileFacts {
    std::int64_t size = 0;
    std::int64_t modified = 0; ///< seconds since the epoch
    std::string etag;          ///< quoted
};

/// Which part of a file answers a request, and with which status (RFC 9110, 13 and 14).
struct FilePlan {
    int status = 200; ///< 200, 206, 304 or 416
    std::int64_t offset = 0;
    std::int64_t length = 0;
    std::string contentRange; ///< empty = no such header
};

/// Pure. One range is answered 206, several by the whole file, none that fits by 416.
[[nodiscard]] FilePlan planFor(const Request& request, const FileFacts& facts);

/// "Sat, 21 Nov 2026 01:02:03 GMT"
[[nodiscard]] std::string httpDate(std::int64_t seconds);

} // namespace http
