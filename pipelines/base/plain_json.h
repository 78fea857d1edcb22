#pragma once

#include <string_view>

namespace base {

/// Whether JsonParser may see this: it calls itself for each level of nesting, without an end
/// (json-glib 1.6), and takes comments, single quotes and several values, which are no JSON. Other
/// faults are left to the parser. Reentrant.
[[nodiscard]] bool isPlainJson(std::string_view text, int deepest);

} // namespace base
