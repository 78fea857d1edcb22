#pragma once

#include "pipelines/base/units.h"

#include <optional>
#include <string>
#include <string_view>

/// Points in time as text: in UTC, with milliseconds. Reentrant.
namespace base {

/// "2026-11-20T10:15:00.123Z" (RFC 3339).
[[nodiscard]] std::string rfc3339(WallTime time);

/// "20261120T101500.123Z" (the basic format of ISO 8601): fit for the name of a file.
[[nodiscard]] std::string basicTime(WallTime time);

/// What basicTime() wrote. Nothing for any other text, and outside of the years 1970 to 2261.
[[nodiscard]] std::optional<WallTime> parseBasicTime(std::string_view text);

} // namespace base
