#pragma once

#include "gateway/ice/credentials.h"
#include "gateway/ice/ice_servers.h"
#include "gateway/ice/settings.h"

namespace ice {

/// STUN servers, and relays with a name and a password that stay.
class FixedSource final : public Source {
public:
    FixedSource(std::string name, IceServer server);

    void ask(const Inquiry& inquiry, Answer done) override;
    [[nodiscard]] std::string name() const override { return name_; }

private:
    std::string name_;
    IceServer server_;
};

/// Relays that share a secret with us: each answer has a name and a password of its own.
class SecretSource final : public Source {
public:
    SecretSource(std::vector<std::string> urls, std::string secret, std::chrono::seconds ttl,
                 Clock clock = wallClock);

    void ask(const Inquiry& inquiry, Answer done) override;
    [[nodiscard]] std::string name() const override { return "urls"; }

private:
    std::vector<std::string> urls_;
    std::string secret_;
    std::chrono::seconds ttl_;
    Clock clock_;
};

/// Those that the settings name, in the order in which they are handed out. Fails when secret-file
/// can't be read.
[[nodiscard]] base::Result<Sources> configuredSources(const Settings& settings);

} // namespace ice
