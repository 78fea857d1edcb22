#pragma once

#include "gateway/ice/ice_uri.h"
#include "gateway/turn_check/stun_message.h"

#include <chrono>
#include <gio/gio.h>
#include <string>
#include <tl/expected.hpp>

namespace turn_check {

/// Why a STUN or TURN server is of no use to a browser: what it is, in words for whoever runs this
/// gateway. A value. Reentrant, as all functions here.
struct TurnFault {
    enum class Kind {
        HostNotFound,
        Unreachable, ///< no way leads there
        Refused,     ///< nobody listens on that port
        NoAnswer,
        Closed,  ///< the server hung up
        NotTurn, ///< something else answers there
        Unsupported,
        TlsCertificate,
        TlsHandshake,
        CredentialsExpired,
        CredentialsWrong,
        RealmWrong,
        ClockWrong, ///< of this machine or of the server
        Forbidden,  ///< 403
        Mismatch,   ///< 437
        Quota,      ///< 486
        Capacity,   ///< 508
        Elsewhere,  ///< 300: another server is to be used
        OtherError, ///< any other answer
        NothingArrives,
        NothingReturns,
        NoMediaAddress, ///< there is no address of ours that the relay could send to
    };

    Kind kind = Kind::OtherError;
    std::string what;   ///< a few words, for a table
    std::string advice; ///< sentences: what was seen and what to do
};

template <class T>
using TurnResult = tl::expected<T, TurnFault>;

/// A server as messages call it: its address in the settings, and the numeric one that was tried
/// (empty: none was).
struct TurnPlace {
    ice::IceUri uri;
    std::string numeric;

    /// "UDP 3478 of turn.example.org (192.0.2.1)"
    [[nodiscard]] std::string print() const;
};

/// What GIO said of a name, a connection or a handshake.
[[nodiscard]] TurnFault networkFault(const GError& error, const TurnPlace& place);
[[nodiscard]] TurnFault refused(const TurnPlace& place);
[[nodiscard]] TurnFault noAnswer(const TurnPlace& place, std::chrono::milliseconds waited);
[[nodiscard]] TurnFault closed(const TurnPlace& place);
[[nodiscard]] TurnFault notTurn(const TurnPlace& place);

/// An error that the server answered, but for 401 (credentials_fault.h). `peer` is where
/// CreatePermission should have let it send; empty for other requests.
[[nodiscard]] TurnFault errorAnswer(const StunError& error, const TurnPlace& place,
                                    const std::string& peer = {});

} // namespace turn_check
