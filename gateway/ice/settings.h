#pragma once

#include "gateway/ice/ice_server.h"
#include "pipelines/base/result.h"

#include <chrono>
#include <string>
#include <utility>
#include <vector>

namespace ice {

/// [relay] of the settings file; every value is checked where it is read.
struct Settings {
    enum class Embedded { Auto, Yes, No };

    Embedded embedded = Embedded::Auto;
    std::vector<std::string> listen; ///< numeric; empty: where the server listens
    int port = 0;                    ///< of the embedded relay; 0: any free one
    Policy policy = Policy::All;
    std::vector<std::string> stun; ///< printed IceUris, as in all lists of addresses here
    std::vector<std::string> urls; ///< of relays that share a secret with us
    std::string secret;
    std::string secretFile;
    std::string realm; ///< that those relays should have; empty: any
    std::chrono::seconds ttl{3600};
    std::string username; ///< of fixedUrls
    std::string credential;
    std::vector<std::string> fixedUrls;
    std::string serviceUrl;
    std::vector<std::pair<std::string, std::string>> serviceHeaders; ///< name, value

    /// Some relay that we do not run is named.
    [[nodiscard]] bool namesRelay() const {
        return !urls.empty() || !fixedUrls.empty() || !serviceUrl.empty();
    }
    /// Whether our own coturn is to run.
    [[nodiscard]] bool runsRelay() const {
        return embedded == Embedded::Yes || (embedded == Embedded::Auto && !namesRelay());
    }
};

/// `secret`, or what stands in `secret-file`.
[[nodiscard]] base::Result<std::string> readSecret(const Settings& settings);

} // namespace ice
