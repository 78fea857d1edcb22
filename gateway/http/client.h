#pragma once

#include "pipelines/base/result.h"
#include "pipelines/base/units.h"

#include <cstddef>
#include <functional>
#include <map>
#include <string>
#include <utility>
#include <vector>

namespace http {

/// What to get from another server.
struct Get {
    std::string url;                                          ///< http or https
    std::vector<std::pair<std::string, std::string>> headers; ///< printable
    base::Milliseconds timeout{3000};                         ///< for all of it, look-up included
    std::size_t bodyLimit = 64 * 1024;
};

/// What it answered, whatever the status. Nothing in it can be trusted.
struct Fetched {
    int status = 0;
    std::string reason;                         ///< words behind the status
    std::map<std::string, std::string> headers; ///< names in lower case
    std::string body;                           ///< unpacked
};

/// `done` is called once, later. Over TLS the certificate must be good. Redirects are not followed:
/// the headers are for the one server that they were written for. The error names neither address
/// nor headers: Timeout, TooLarge, else Unavailable. Thread-bound.
void get(const Get& wanted, std::function<void(base::Result<Fetched>)> done);

} // namespace http
