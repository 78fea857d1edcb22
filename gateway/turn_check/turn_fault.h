#pragma once

#include "gateway/ice/ice_uri.h"
#include "gateway/turn_check/stun_message.h"

#include <chrono>
#include <gio/gio.h>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <tl/expected.hpp>
#include <vector>

namespace turn_check {

/// Why a STUN or TURN server is of no use to a browser: what it is, in words for whoever runs this
/// gateway. A value. Reentrant, as all functions here.
struct TurnFault {
    /// Each has its words in turn_fault.cpp and a line in deploy/relay.md.
    enum class Kind {
        HostNotFound,
        Unreachable,
        Refused,
        NoAnswer,
        TooSlow,
        Closed,
        NotTurn,
        DtlsOnly,
        NoTls,
        ClockBehind,
        CertificateEarly,
        CertificateExpired,
        CertificateName,
        CertificateSelfSigned,
        CertificateUntrusted,
        CertificateRevoked,
        CertificateRefused,
        ClocksDiffer,
        CredentialsExpired,
        CredentialsWrong,
        RealmWrong,
        SecretWrong,
        NoProof,
        Elsewhere,
        Forbidden,
        PeerForbidden,
        Mismatch,
        NoUdp,
        Quota,
        Capacity,
        OtherError,
        NothingArrives,
        NothingReturns,
        NoAddress,
        NoPort,
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

/// With the words of that kind, filled with {place} and {host} of the server and with `values`.
[[nodiscard]] TurnFault makeFault(TurnFault::Kind kind, const TurnPlace& place,
                                  std::map<std::string, std::string> values = {});
[[nodiscard]] inline tl::unexpected<TurnFault> failed(TurnFault fault) {
    return tl::unexpected<TurnFault>(std::move(fault));
}

/// What GIO said of a name, a connection or a handshake.
[[nodiscard]] TurnFault networkFault(const GError& error, const TurnPlace& place);

/// An error that the server answered, but for 401. `peer` is where CreatePermission should have let
/// it send; empty for other requests.
[[nodiscard]] TurnFault errorAnswer(const StunError& error, const TurnPlace& place,
                                    const std::string& peer = {});

/// What of a certificate tells why it was refused.
struct CertificateFacts {
    std::optional<std::chrono::sys_seconds> from;  ///< valid from
    std::optional<std::chrono::sys_seconds> until; ///< valid until
    std::vector<std::string> names;                ///< host names and addresses that it is for
    std::string subject;
    std::string issuer;

    static CertificateFacts of(GTlsCertificate* certificate);
};

/// Why browsers refuse this certificate: time, name, authority, in this order. `flags` are GIO's;
/// the dates are looked at here, since GIO leaves them out when it does not know the authority.
[[nodiscard]] TurnFault certificateFault(const CertificateFacts& facts, GTlsCertificateFlags flags,
                                         const TurnPlace& place, std::chrono::sys_seconds now);

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
