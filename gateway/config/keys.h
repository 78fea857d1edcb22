#pragma once

#include "gateway/config/config.h"
#include "gateway/config/values.h"

#include <string_view>
#include <vector>

namespace config {

/// One setting: where it stands, the values it takes and what it means.
struct Key {
    const char* group;
    const char* name;
    Value value;
    const char* meaning; ///< sentences for the settings file and its man page
};

/// The one table of all settings, group by group, bound to `config`, which must outlive it. The
/// defaults are those that a new Config has.
[[nodiscard]] std::vector<Key> keysOf(Config& config);
/// What the keys of a group have in common, in sentences; may be empty.
[[nodiscard]] std::string_view meaningOf(std::string_view group);

} // namespace config
