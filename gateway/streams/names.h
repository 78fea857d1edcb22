#pragma once

#include <string_view>

namespace streams {

/// A stream name: `[A-Za-z0-9][A-Za-z0-9_-]{0,63}`. Anything else is unknown before any file is
/// touched.
[[nodiscard]] bool validName(std::string_view name);

} // namespace streams
