#pragma once

#include "gateway/turn_check/turn_fault.h"

#include <chrono>
#include <optional>
#include <string>
#include <vector>

namespace turn_check {

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

} // namespace turn_check
