#pragma once

#include <chrono>
#include <functional>
#include <string>

namespace ice {

/// Wall clock time, which is what credentials expire by. Tests set their own.
using Clock = std::function<std::chrono::sys_seconds()>;
[[nodiscard]] std::chrono::sys_seconds wallClock();

/// A name and a password of the TURN REST form (draft-uberti-behave-turn-rest-00), which coturn
/// takes with use-auth-secret.
struct Credentials {
    std::string username; ///< "<expiry>:<id>"
    std::string password; ///< base64(HMAC-SHA1(secret, username))
};

[[nodiscard]] Credentials makeCredentials(const std::string& secret,
                                          std::chrono::sys_seconds expiry, const std::string& id);

/// 64 random bits in hexadecimal: who a relay's log tells apart. Not the session's identifier,
/// which lets one end the session.
[[nodiscard]] std::string randomId();

} // namespace ice
