#pragma once

#include "pipelines/base/log.h"

#include <string>
#include <string_view>
#include <vector>

namespace coturn {

/// A line of coturn's as our log has it.
struct CoturnLine {
    base::log::Level level = base::log::Level::Debug;
    std::string text; ///< without time, user names and control characters
};

/// Error: coturn's own; Warning: what it warns of. All that clients bring about is Debug: a browser
/// that is refused an address is daily life. Reentrant.
[[nodiscard]] CoturnLine readCoturnLine(std::string_view line);

/// Cuts what was read from a pipe into lines. Thread-bound.
class LineCutter {
public:
    /// The lines that are complete now; one that grows beyond kLongest is cut there.
    std::vector<std::string> take(std::string_view bytes);
    static constexpr std::size_t kLongest = 2048;

private:
    std::string rest_;
};

} // namespace coturn
