#pragma once

#include "gateway/http/router.h"
#include "pipelines/base/result.h"

#include <string>

/// Not `access`: that is a function of POSIX.
namespace rights {

enum class Right { View, Publish };

/// The settings' group [access].
struct Config {
    std::string publishToken;
    std::string viewToken;
    bool open = false; ///< whoever reaches us may do what no token guards

    [[nodiscard]] bool configured() const {
        return open || !publishToken.empty() || !viewToken.empty();
    }
};

/// Who may watch and publish: a token as `Authorization: Bearer` or `?token=`, compared in constant
/// time. The publishers' token also lets one watch. Watching without a token set is everyone's;
/// publishing too when `open` or when there are no rules at all, else only this machine's.
/// Reentrant.
class Access {
public:
    explicit Access(const Config& config);

    [[nodiscard]] base::Result<void> check(Right right, const http::Request& request) const;
    /// For http::Route::guard; keeps a copy of what it needs.
    [[nodiscard]] http::Guard guardFor(Right right) const;

private:
    std::string publishDigest_; ///< SHA-256 of the token, empty when there is none
    std::string viewDigest_;
    bool everyonePublishes_; ///< without a token of their own
};

/// Refuses to listen on anything but loopback without a rule, saying what to set.
[[nodiscard]] base::Result<void> checkListening(const Config& config, const std::string& address);

} // namespace rights
