#pragma once

#include "gateway/config.h"

#include <optional>
#include <span>

namespace gateway {

/// One setting: where it stands, how it is written and how it is taken.
struct Key {
    const char* group;
    const char* name;
    std::string (*print)(const Config& config);
    /// What is wrong with the value, as the end of a sentence; nothing when it was taken.
    std::optional<std::string> (*read)(Config& config, const std::string& value);
};

/// The one table of all settings.
[[nodiscard]] std::span<const Key> allKeys();
/// The part of it that is about relays.
[[nodiscard]] std::span<const Key> relayKeys();
/// The part that is about how publishers reach the pipelines.
[[nodiscard]] std::span<const Key> iceKeys();
/// What only shows when those meet others.
[[nodiscard]] std::vector<base::Error> checkIce(const Config& config);

} // namespace gateway
