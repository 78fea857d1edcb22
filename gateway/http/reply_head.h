#pragma once

#include "gateway/http/reply.h"
#include "gateway/http/request.h"
#include "gateway/http/router.h"

#include <cstdint>
#include <string>

/// From a handler's reply to the bytes before the body. Reentrant.
namespace http {

/// Adds what every answer carries: security headers, CORS of the route, Vary; compresses a text
/// body when the client takes it (H15).
void addCommonHeaders(Reply& reply, const Request& request, Cors cors);

/// Status line and headers with the empty line. A negative length means: until the connection
/// closes. Every connection carries one request: libsoup 3.2.3 disagrees with proxies about where a
/// request ends (upstream b9a1c066, 6224df5a, 96ac392b) and forgets idle connections (d20c6601).
[[nodiscard]] std::string headOf(const Reply& reply, std::int64_t length);

} // namespace http
