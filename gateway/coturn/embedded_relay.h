#pragma once

#include "gateway/coturn/coturn.h"
#include "gateway/ice/settings.h"
#include "gateway/ice/source.h"
#include "gateway/streams/config.h"

#include <memory>
#include <string>
#include <vector>

namespace coturn {

/// Where the embedded relay is reached.
struct RelayPlace {
    std::vector<std::string> addresses; ///< on which it listens
    int port = 0;
    std::string publicAddress; ///< of [ice]; may be empty
};
/// Its URLs for that client; none when the client is elsewhere and it listens on loopback only.
/// Reentrant.
[[nodiscard]] std::vector<std::string> urlsFor(const RelayPlace& place,
                                               const ice::Inquiry& inquiry);

/// The relay that Spillway runs itself. It relays to the media address alone, on which every
/// pipeline listens, so it is of no use to anybody else. Owned by IceServers. Thread-bound.
class EmbeddedRelay final : public ice::Source {
public:
    /// Starts coturn at once, and waits for nothing. `serverAddress` is where the HTTP server
    /// listens. Without coturn: null when it is not indispensable, after a warning; else
    /// MissingPackage.
    static base::Result<std::unique_ptr<EmbeddedRelay>> start(const ice::Settings& settings,
                                                              const std::string& serverAddress,
                                                              const std::string& publicAddress);

    /// Credentials are good until `ttl` is over, even when coturn starts anew. Unavailable while it
    /// is not there, with the reason.
    void ask(const ice::Inquiry& inquiry, ice::Answer done) override;
    [[nodiscard]] std::string name() const override { return "embedded"; }
    /// Sets what pipelines listen on for it, and how publishers call that.
    void describe(control::IceSettings& ice) const;

private:
    EmbeddedRelay(Coturn::Settings settings, std::chrono::seconds ttl, std::string publicAddress);
    void onChanged();
    void answerAll();
    [[nodiscard]] base::Result<ice::IceConfiguration> answerTo(const ice::Inquiry& inquiry) const;

    std::chrono::seconds ttl_;
    std::string publicAddress_;
    std::vector<std::pair<ice::Inquiry, ice::Answer>> waiting_; ///< not yet answered
    base::Timer deadline_;                                      ///< active while one waits
    std::unique_ptr<Coturn> coturn_;                            ///< calls back: goes first
};

} // namespace coturn
