#include "gateway/turn_check/credentials_fault.h"

#include <charconv>
#include <cstdint>

namespace turn_check {

namespace {

using Kind = TurnFault::Kind;
using std::chrono::sys_seconds;

/// 2001-09-09: what is less is a number that someone has for a name.
constexpr std::int64_t kFirstPlausible = 1'000'000'000;

std::string printSpan(std::chrono::seconds span) {
    const auto count = span.count();
    if (count < 120) {
        return std::to_string(count) + " seconds";
    }
    return count < 7200 ? std::to_string(count / 60) + " minutes"
                        : std::to_string(count / 3600) + " hours";
}

TurnFault clocksDiffer(const RefusedCredentials& refused) {
    const auto expiry = expiryOf(refused.username);
    const std::string ahead = expiry ? printSpan(*expiry - refused.now) : "the ttl";
    return {
        Kind::ClockWrong, "clocks differ",
        "The relay refuses credentials that expire in " + ahead +
            " and takes those that expire in years: its clock is more than " + ahead +
            " ahead of this machine's. Set both clocks (timedatectl set-ntp true); date -u shows "
            "which is wrong."};
}

TurnFault expired(const RefusedCredentials& refused, sys_seconds expiry) {
    return {Kind::CredentialsExpired, "credentials expired",
            "The relay refuses the credentials of " + refused.source + " (401): they expired " +
                printSpan(refused.now - expiry) +
                " ago by this machine's clock. Fetch fresh ones; if they are fresh, this machine's "
                "clock is ahead of that of whoever made them (date -u on both)."};
}

} // namespace

std::optional<sys_seconds> expiryOf(std::string_view username) {
    const std::string_view digits = username.substr(0, username.find(':'));
    std::int64_t seconds = 0;
    const auto [stop, error] =
        std::from_chars(digits.data(), digits.data() + digits.size(), seconds);
    if (error != std::errc() || stop != digits.data() + digits.size() ||
        seconds < kFirstPlausible || seconds > std::int64_t{1} << 40) {
        return std::nullopt;
    }
    return sys_seconds(std::chrono::seconds(seconds));
}

TurnFault credentialsFault(const RefusedCredentials& refused) {
    if (refused.longerOnesTaken) {
        return clocksDiffer(refused);
    }
    if (!refused.expectedRealm.empty() && refused.realm != refused.expectedRealm) {
        return {
            Kind::RealmWrong, "another realm",
            "The relay refuses the credentials (401), and its realm is \"" + refused.realm +
                "\" where [relay] realm says \"" + refused.expectedRealm +
                "\": this is another relay, or its settings changed. Make realm the same in both, "
                "then look at the secret."};
    }
    const auto expiry = expiryOf(refused.username);
    if (expiry && *expiry <= refused.now) {
        return expired(refused, *expiry);
    }
    if (refused.source == "urls") {
        return {Kind::CredentialsWrong, "wrong secret",
                "The relay refuses credentials made with [relay] secret (401). See that its "
                "settings have use-auth-secret and the same static-auth-secret, and that it was "
                "started anew since."};
    }
    return {Kind::CredentialsWrong, "wrong credentials",
            "The relay refuses the credentials of " + refused.source + " (401), in its realm \"" +
                refused.realm + "\". See that name and password are those that it knows there."};
}

} // namespace turn_check
