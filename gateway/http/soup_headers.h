#pragma once

#include <map>
#include <string>

typedef struct _SoupMessageHeaders SoupMessageHeaders;

namespace http {

/// Names in lower case, repeated ones joined by ", ".
[[nodiscard]] std::map<std::string, std::string> headersOf(SoupMessageHeaders* headers);

} // namespace http
