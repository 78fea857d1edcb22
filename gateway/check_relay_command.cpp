#include "gateway/check_relay_command.h"

#include "gateway/coturn/embedded_relay.h"
#include "gateway/http/rules.h"
#include "gateway/ice/configured_sources.h"
#include "gateway/turn_check/check_relay.h"
#include "pipelines/base/log.h"

#include <algorithm>
#include <cstdio>

namespace gateway {

namespace {

constexpr int kCanPublish = 0;
constexpr int kCannotPublish = 1;
constexpr int kBadSettings = 2;

/// Our own relay is that of this command: that of a running gateway has a secret of its own, and
/// the port.
base::Result<void> addEmbedded(const config::Config& config, ice::Sources& sources,
                               control::IceSettings& ice) {
    if (!config.relay.runsRelay()) {
        return {};
    }
    ice::Settings settings = config.relay;
    settings.port = 0;
    // By its own address: few NATs let one reach the public one from inside.
    auto embedded = coturn::EmbeddedRelay::start(settings, config.server.address, "");
    if (!embedded) {
        return base::fail(embedded.error());
    }
    if (*embedded) {
        (*embedded)->describe(ice);
        sources.insert(sources.begin(), std::move(*embedded));
    }
    return {};
}

/// As a browser elsewhere would ask, where others can reach the server.
ice::Inquiry inquiryFor(const std::string& listening) {
    const auto all = base::localAddresses();
    const auto other = std::find_if(all.begin(), all.end(), [](const base::LocalAddress& local) {
        return !local.loopback && !local.ipv6;
    });
    if (http::isLoopbackName(listening) || other == all.end()) {
        return {"check-relay", "127.0.0.1", true};
    }
    const bool isAny = listening == "0.0.0.0" || listening == "::";
    return {"check-relay", isAny ? other->address : listening, false};
}

base::Result<turn_check::CheckPlan> planFor(const config::Config& config,
                                            const control::IceSettings& ice) {
    auto secret = ice::readSecret(config.relay);
    if (!secret) {
        return base::fail(secret.error());
    }
    turn_check::CheckPlan plan;
    plan.inquiry = inquiryFor(config.server.address);
    plan.policy = config.relay.policy;
    plan.secret = std::move(*secret);
    plan.realm = config.relay.realm;
    plan.media = ice::mediaAddresses(config.ice, base::localAddresses(), true);
    if (!ice.mediaAddress.empty()) {
        plan.embeddedMedia = {{ice.mediaAddress, ice.mediaAlias}};
    }
    plan.ports = ice::mediaPorts(ice);
    return plan;
}

} // namespace

int checkRelay(const config::Config& config) {
    if (config.logLevel == "info") {
        base::log::setLevel("warning"); // the table says what happened
    }
    auto sources = ice::configuredSources(config.relay);
    control::IceSettings ice = config.ice;
    const auto added = sources ? addEmbedded(config, *sources, ice) : base::Result<void>();
    auto plan = planFor(config, ice);
    if (!sources || !added || !plan) {
        const base::Error& error = !sources ? sources.error()
                                   : !added ? added.error()
                                            : plan.error();
        std::fprintf(stderr, "spillway: %s\n", error.message.c_str());
        return kBadSettings;
    }
    const turn_check::RelayReport report = turn_check::checkRelays(*sources, *plan);
    std::fputs(turn_check::describe(report).c_str(), stdout);
    return report.publishable() ? kCanPublish : kCannotPublish;
}

} // namespace gateway
