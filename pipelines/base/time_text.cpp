#include "pipelines/base/time_text.h"

#include "pipelines/base/unique.h"

#include <cmath>

namespace base {

namespace {

std::string print(WallTime time, const char* format) {
    const auto seconds = std::chrono::floor<std::chrono::seconds>(time);
    const auto rest = std::chrono::floor<Milliseconds>(time - seconds).count();
    const UniqueDateTime whole(g_date_time_new_from_unix_utc(seconds.time_since_epoch().count()));
    const UniqueString text(g_date_time_format(whole.get(), format));
    return std::string(text.get()) + "." + std::to_string(1000 + rest).substr(1) + "Z";
}

} // namespace

std::string rfc3339(WallTime time) {
    return print(time, "%Y-%m-%dT%H:%M:%S");
}

std::string basicTime(WallTime time) {
    return print(time, "%Y%m%dT%H%M%S");
}

std::optional<WallTime> parseBasicTime(std::string_view text) {
    const UniqueDateTime read(g_date_time_new_from_iso8601(std::string(text).c_str(), nullptr));
    if (!read || g_date_time_get_year(read.get()) < 1970 ||
        g_date_time_get_year(read.get()) > 2261) { // what nanoseconds since 1970 hold
        return std::nullopt;
    }
    // GLib reads the fraction as a floating-point number, which may be a little less than it was.
    const auto milliseconds = std::lround(g_date_time_get_microsecond(read.get()) / 1000.0);
    const WallTime time = WallTime(std::chrono::seconds(g_date_time_to_unix(read.get()))) +
                          Milliseconds(milliseconds);
    return basicTime(time) == text ? std::optional(time) : std::nullopt;
}

} // namespace base
