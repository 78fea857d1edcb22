#pragma once

#include "gateway/http/server.h"

#include <chrono>
#include <concepts>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <type_traits>
#include <utility>
#include <vector>

/// Kinds of values in the settings file. Each is bound to the member that holds it, and may not
/// outlive it. Reentrant.
namespace config {

/// What is wrong with a value, as the end of a sentence ("must be …").
using Complaint = std::optional<std::string>;

struct Value {
    std::string takes;                                 ///< type and range; follows "must be"
    std::function<std::string()> print;                ///< as it stands in a file
    std::function<Complaint(const std::string&)> read; ///< nothing when the value was stored
};

using Fits = bool (*)(const std::string& text);

[[nodiscard]] Value text(std::string& member, std::string takes, Fits fits);
/// Separated by ";", spaces around each are dropped.
[[nodiscard]] Value list(std::vector<std::string>& member, std::string takes, Fits fits);
/// `set` is given the index of the word.
[[nodiscard]] Value oneOf(std::vector<std::string> words, std::function<std::string()> print,
                          std::function<void(std::size_t)> set);
[[nodiscard]] Value yesNo(bool& member);
[[nodiscard]] Value choice(std::string& member, std::vector<std::string> words);
/// The words stand in the order of the enumerators.
template <class Enum>
requires std::is_enum_v<Enum>
[[nodiscard]] Value choice(Enum& member, std::vector<std::string> words) {
    return oneOf(
        words, [&member, words] { return words[static_cast<std::size_t>(member)]; },
        [&member](std::size_t n) { member = static_cast<Enum>(n); });
}

[[nodiscard]] Value wholeNumber(std::int64_t least, std::int64_t most,
                                std::function<std::int64_t()> get,
                                std::function<void(std::int64_t)> set);
/// The member is the number times `unit`.
template <std::integral T>
[[nodiscard]] Value number(T& member, std::int64_t least, std::int64_t most, T unit = 1) {
    return wholeNumber(
        least, most, [&member, unit] { return static_cast<std::int64_t>(member / unit); },
        [&member, unit](std::int64_t n) { member = static_cast<T>(n) * unit; });
}
template <class Rep, class Period>
[[nodiscard]] Value seconds(std::chrono::duration<Rep, Period>& member, std::int64_t least,
                            std::int64_t most) {
    using std::chrono::seconds;
    return wholeNumber(
        least, most, [&member] { return std::chrono::duration_cast<seconds>(member).count(); },
        [&member](std::int64_t n) { member = seconds(n); });
}

/// "20000-20999"; 0 and 0 stand for an empty value, where one is allowed.
[[nodiscard]] Value portRange(int& first, int& last, bool mayBeEmpty);
/// 0, or a port that needs no root.
[[nodiscard]] Value port(int& member);
/// "127.0.0.1:8080", "[::1]:8080", "localhost:8080"
[[nodiscard]] Value listening(http::ServerConfig& server);
/// Addresses of TURN servers (`relays`), or of STUN servers, as IceUri prints them.
[[nodiscard]] Value iceUris(std::vector<std::string>& member, bool relays);
/// "Name: value" separated by ";". A complaint never quotes them: they hold secrets.
[[nodiscard]] Value headers(std::vector<std::pair<std::string, std::string>>& member);

/// Printable characters without spaces, so that it fits a header and an address; empty too.
[[nodiscard]] bool isToken(const std::string& text);
/// A numeric address that packets can go to; multicast too, broadcast not.
[[nodiscard]] bool isDestination(const std::string& text);
/// A numeric address that a socket here can have, wildcards not.
[[nodiscard]] bool isUnicast(const std::string& text);
/// A numeric address by which a machine elsewhere can reach this one; empty too.
[[nodiscard]] bool isReachable(const std::string& text);
/// An address, or a block such as 192.0.2.0/24.
[[nodiscard]] bool isBlock(const std::string& text);
[[nodiscard]] bool isInterface(const std::string& text);
[[nodiscard]] bool isCredential(const std::string& text);
/// http: or https:, without user and fragment; empty too.
[[nodiscard]] bool isServiceUrl(const std::string& text);

} // namespace config
