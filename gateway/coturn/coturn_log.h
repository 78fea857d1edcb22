#pragma once

#include "pipelines/base/log.h"

#include <string>
#include <string_view>

namespace coturn {

/// A line of coturn's as our log has it.
struct CoturnLine {
    base::log::Level level = base::log::Level::Debug;
    std::string text; ///< without time, user names and control characters
};

/// Error: coturn's own; Warning: what it warns of. All that clients bring about is Debug: a browser
/// that is refused an address is daily life. Reentrant.
[[nodiscard]] CoturnLine readCoturnLine(std::string_view line);

} // namespace coturn
