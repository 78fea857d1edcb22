#pragma once

#include "gateway/http/request.h"
#include "pipelines/base/result.h"

#include <map>
#include <string>
#include <string_view>
#include <vector>

/// What a request must look like before anything else looks at it. Pure functions. Reentrant.
namespace http {

/// Percent-decoded once. Malformed: broken escapes, control characters. NotFound: what could leave
/// a folder ("..", ".", an encoded slash, a backslash) or is not UTF-8.
[[nodiscard]] base::Result<std::string> decodePath(std::string_view raw);

/// Names and values decoded ("+" is a space); broken escapes stay as they are.
[[nodiscard]] std::map<std::string, std::string> decodeQuery(std::string_view raw);

/// Without the port and without the brackets of IPv6, lower case; empty when it is not a host.
[[nodiscard]] std::string hostName(std::string_view hostHeader);

/// localhost and below, 127.0.0.0/8, ::1.
[[nodiscard]] bool isLoopbackName(std::string_view name);

/// Host must be a loopback name or in `names`: what a foreign page resolves to us is not.
[[nodiscard]] base::Result<void> checkHost(const Request& request,
                                           const std::vector<std::string>& names);

/// A page from elsewhere must not command us: a state-changing method with a foreign Origin is
/// Forbidden.
[[nodiscard]] base::Result<void> checkOrigin(const Request& request);

/// Whether an Accept-Encoding header takes gzip.
[[nodiscard]] bool acceptsGzip(std::string_view acceptEncoding);

} // namespace http
