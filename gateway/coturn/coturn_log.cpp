#include "gateway/coturn/coturn_log.h"

#include <algorithm>
#include <array>

namespace coturn {

namespace {

using base::log::Level;

constexpr std::string_view kError = "ERROR: ";

template <std::size_t size>
bool hasAny(std::string_view text, const std::array<std::string_view, size>& parts) {
    return std::any_of(parts.begin(), parts.end(), [&](std::string_view part) {
        return text.find(part) != std::string_view::npos;
    });
}

/// What a client can bring about by what it sends, and what our settings make coturn say each time.
constexpr std::array<std::string_view, 11> kUsual{
    "denied in the range", "check_stun_auth", "redentials", "session ",   "username",
    "wrong realm",         "origin",          "to connect", "permission", "allow_loopback_peers",
    "Empty cli-password"};
constexpr std::array<std::string_view, 4> kWarnings{"WARNING", "ALERT", "Cannot ",
                                                    "Trying to bind fd"};

/// A user name is a credential, and whatever its sender likes: it ends at the last bracket, or
/// never.
std::string withoutUser(const std::string& text) {
    if (const std::size_t at = text.find("user <"); at != std::string::npos) {
        const std::size_t end = text.rfind('>');
        const bool closed = end != std::string::npos && end > at;
        return text.substr(0, at) + "user <…>" + (closed ? text.substr(end + 1) : "");
    }
    for (const std::string_view word : {"username", "user "}) {
        if (const std::size_t at = text.find(word); at != std::string::npos) {
            return text.substr(0, at + word.size()) + "…";
        }
    }
    return text;
}

} // namespace

CoturnLine readCoturnLine(std::string_view line) {
    // "12: : ERROR: text", "12: : text" (4.6.1); what has no time continues another line.
    const std::size_t digits = std::min(line.find_first_not_of("0123456789"), line.size());
    const bool begins = digits > 0 && line.substr(digits).starts_with(": : ");
    line.remove_prefix(begins ? digits + 4 : 0);
    const bool error = begins && line.starts_with(kError);
    line.remove_prefix(error ? kError.size() : 0);
    std::string text(line);
    std::replace_if(
        text.begin(), text.end(), [](char c) { return c < ' ' || c > '~'; }, '?');
    const Level level = !begins || hasAny(text, kUsual) ? Level::Debug
                        : error                         ? Level::Error
                        : hasAny(text, kWarnings)       ? Level::Warning
                                                        : Level::Debug;
    return {level, withoutUser(text)};
}

} // namespace coturn
