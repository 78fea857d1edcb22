#pragma once

#include "gateway/turn_check/turn_fault.h"

#include <chrono>
#include <optional>
#include <string>
#include <string_view>

namespace turn_check {

/// When credentials of the TURN REST form ("<expiry>:<name>", or the expiry alone) become void;
/// nothing for any other username.
[[nodiscard]] std::optional<std::chrono::sys_seconds> expiryOf(std::string_view username);

/// What is known when a server refused credentials with 401.
struct RefusedCredentials {
    TurnPlace place;
    std::string username;
    std::string realm;         ///< the server's
    std::string expectedRealm; ///< of the settings; empty: any will do
    std::string source;        ///< the key in [relay] that the server comes from
    std::chrono::sys_seconds now;
    /// Credentials of the same secret that last for years were taken: only clocks can be the cause.
    bool longerOnesTaken = false;
};

[[nodiscard]] TurnFault credentialsFault(const RefusedCredentials& refused);

} // namespace turn_check
