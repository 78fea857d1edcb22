#pragma once

#include <chrono>
#include <cstdint>

namespace base {

using Nanoseconds = std::chrono::nanoseconds;
using Milliseconds = std::chrono::milliseconds;

/// Nanoseconds since the Unix epoch.
using WallTime = std::chrono::sys_time<Nanoseconds>;

enum class Media { Video, Audio };

struct Bitrate {
    std::int64_t bitsPerSecond = 0;

    static constexpr Bitrate kilobits(std::int64_t n) { return Bitrate{n * 1000}; }
    [[nodiscard]] constexpr std::int64_t inKilobits() const { return bitsPerSecond / 1000; }
    auto operator<=>(const Bitrate&) const = default;
};

struct PictureSize {
    int width = 0;
    int height = 0;
    auto operator<=>(const PictureSize&) const = default;
};

} // namespace base
