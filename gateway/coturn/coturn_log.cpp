#include "gateway/coturn/coturn_log.h"

#include <algorithm>
#include <array>

namespace coturn {

namespace {

using base::log::Level;

constexpr std::string_view kError = "ERROR: ";

bool has(std::string_view text, std::string_view part) {
    return text.find(part) != std::string_view::npos;
}

/// "12: : ERROR: text", "12: : text" (4.6.1). False for a line that continues another.
bool takeTime(std::string_view& line) {
    const std::size_t digits = std::min(line.find_first_not_of("0123456789"), line.size());
    if (digits == 0 || !line.substr(digits).starts_with(": : ")) {
        return false;
    }
    line.remove_prefix(digits + 4);
    return true;
}

/// What a client can bring about by what it sends.
bool ofClient(std::string_view text) {
    constexpr std::array<std::string_view, 9> kParts{
        "denied in the range", "check_stun_auth", "redentials", "session ",  "username",
        "wrong realm",         "origin",          "to connect", "permission"};
    return std::any_of(kParts.begin(), kParts.end(),
                       [&](std::string_view part) { return has(text, part); });
}

/// What our settings make it say each time.
bool expected(std::string_view text) {
    return has(text, "allow_loopback_peers") || has(text, "Empty cli-password");
}

bool warns(std::string_view text) {
    return has(text, "WARNING") || has(text, "ALERT") || text.starts_with("Cannot ") ||
           text.starts_with("Trying to bind fd");
}

/// A user name is a credential, and whatever its sender likes: it ends at the last bracket, or
/// never.
std::string withoutUser(std::string_view text) {
    constexpr std::string_view kBracketed = "user <";
    if (const std::size_t at = text.find(kBracketed); at != std::string_view::npos) {
        const std::size_t end = text.rfind('>');
        const std::string_view tail =
            end == std::string_view::npos || end < at ? std::string_view() : text.substr(end + 1);
        return std::string(text.substr(0, at)) + "user <…>" + std::string(tail);
    }
    for (const std::string_view word : {"username", "user "}) {
        if (const std::size_t at = text.find(word); at != std::string_view::npos) {
            return std::string(text.substr(0, at + word.size())) + "…";
        }
    }
    return std::string(text);
}

std::string printable(std::string_view text) {
    std::string result(text);
    std::replace_if(
        result.begin(), result.end(), [](char c) { return c < ' ' || c > '~'; }, '?');
    return result;
}

Level levelOf(std::string_view text, bool error) {
    if (ofClient(text) || expected(text)) {
        return Level::Debug;
    }
    return error ? Level::Error : warns(text) ? Level::Warning : Level::Debug;
}

} // namespace

CoturnLine readCoturnLine(std::string_view line) {
    const bool begins = takeTime(line);
    const bool error = begins && line.starts_with(kError);
    if (error) {
        line.remove_prefix(kError.size());
    }
    const std::string text = printable(line);
    return {begins ? levelOf(text, error) : Level::Debug, withoutUser(text)};
}

} // namespace coturn
