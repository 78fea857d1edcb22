#include "gateway/archive/names.h"

#include "gateway/streams/names.h"

#include <array>
#include <chrono>
#include <cstdio>
#include <utility>

namespace archive {

namespace {

/// D stands for a digit.
constexpr std::string_view kTimePattern = "DDDDDDDDTDDDDDD.DDDZ";
constexpr std::string_view kFile = ".mp4";
constexpr std::string_view kPart = ".mp4.part";

std::string print(const char* format, base::WallTime time) {
    const auto day = std::chrono::floor<std::chrono::days>(time);
    const std::chrono::year_month_day date(day);
    const std::chrono::hh_mm_ss clock(std::chrono::floor<base::Milliseconds>(time - day));
    std::array<char, 64> text{};
    std::snprintf(
        text.data(), text.size(), format, static_cast<int>(date.year()),
        static_cast<unsigned>(date.month()), static_cast<unsigned>(date.day()),
        static_cast<int>(clock.hours().count()), static_cast<int>(clock.minutes().count()),
        static_cast<int>(clock.seconds().count()), static_cast<int>(clock.subseconds().count()));
    return text.data();
}

int number(std::string_view digits) {
    int value = 0;
    for (const char digit : digits) {
        value = value * 10 + (digit - '0');
    }
    return value;
}

bool fits(std::string_view text) {
    if (text.size() != kTimePattern.size()) {
        return false;
    }
    for (std::size_t i = 0; i < text.size(); ++i) {
        const bool digit = text[i] >= '0' && text[i] <= '9';
        if (kTimePattern[i] == 'D' ? !digit : text[i] != kTimePattern[i]) {
            return false;
        }
    }
    return true;
}

std::optional<base::WallTime> parseTime(std::string_view text) {
    using namespace std::chrono;
    if (!fits(text)) {
        return std::nullopt;
    }
    const year_month_day date(year(number(text.substr(0, 4))),
                              month(static_cast<unsigned>(number(text.substr(4, 2)))),
                              day(static_cast<unsigned>(number(text.substr(6, 2)))));
    const int hour = number(text.substr(9, 2));
    const int minute = number(text.substr(11, 2));
    const int second = number(text.substr(13, 2));
    // What nanoseconds since 1970 hold, and no recording was made before.
    if (!date.ok() || date.year() < year(1970) || date.year() > year(2261) || hour > 23 ||
        minute > 59 || second > 59) {
        return std::nullopt;
    }
    return sys_days(date) + hours(hour) + minutes(minute) + seconds(second) +
           milliseconds(number(text.substr(16, 3)));
}

} // namespace

Id::Id(std::string stream, base::WallTime start)
    : stream_(std::move(stream)), start_(std::chrono::floor<base::Milliseconds>(start)) {}

std::optional<Id> Id::parse(std::string_view text) {
    if (text.size() <= kTimePattern.size() + 1) {
        return std::nullopt;
    }
    const std::size_t dash = text.size() - kTimePattern.size() - 1;
    const auto start = parseTime(text.substr(dash + 1));
    if (text[dash] != '-' || !start || !streams::validName(text.substr(0, dash))) {
        return std::nullopt;
    }
    return Id(std::string(text.substr(0, dash)), *start);
}

std::optional<Id> Id::ofPath(std::string_view path) {
    const std::size_t slash = path.find_last_of('/');
    if (slash == std::string_view::npos || slash == 0) {
        return std::nullopt;
    }
    std::string_view name = path.substr(slash + 1);
    std::string_view folder = path.substr(0, slash);
    folder = folder.substr(folder.find_last_of('/') + 1); // npos + 1 is 0
    const std::string_view ending = name.ends_with(kPart) ? kPart : kFile;
    if (!name.ends_with(ending)) {
        return std::nullopt;
    }
    name.remove_suffix(ending.size());
    return parse(std::string(folder) + "-" + std::string(name));
}

std::string Id::text() const {
    return stream_ + print("-%04d%02u%02uT%02d%02d%02d.%03dZ", start_);
}

std::string Id::fileName() const {
    return print("%04d%02u%02uT%02d%02d%02d.%03dZ.mp4", start_);
}

std::string rfc3339(base::WallTime time) {
    return print("%04d-%02u-%02uT%02d:%02d:%02d.%03dZ", time);
}

} // namespace archive
