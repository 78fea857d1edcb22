#include "gateway/check_relay_command.h"

#include "gateway/relay/check_relay.h"
#include "gateway/relay/configured_sources.h"

#include <cstdio>
#include <glib.h>
#include <optional>

namespace gateway {

namespace {

constexpr int kCanPublish = 0;
constexpr int kCannotPublish = 1;
constexpr int kBadSettings = 2;

base::Result<relay::CheckPlan> planFor(const Config& config) {
    auto secret = relay::readSecret(config.relay);
    if (!secret) {
        return base::fail(secret.error());
    }
    const control::IceSettings ice;
    relay::CheckPlan plan;
    plan.inquiry = {"check-relay", config.server.address, true};
    plan.policy = config.relay.policy;
    plan.secret = std::move(*secret);
    plan.realm = config.relay.realm;
    plan.media = relay::mediaAddresses(ice, base::localAddresses(), true);
    plan.ports = relay::mediaPorts(ice);
    return plan;
}

relay::RelayReport waitForReport(const relay::Sources& sources, relay::CheckPlan plan) {
    std::optional<relay::RelayReport> report;
    const relay::RelayCheck check(sources, std::move(plan), [&](relay::RelayReport done) {
        report = std::move(done);
    });
    while (!report) {
        g_main_context_iteration(nullptr, TRUE);
    }
    return std::move(*report);
}

} // namespace

int checkRelay(const Config& config) {
    auto sources = relay::configuredSources(config.relay);
    auto plan = planFor(config);
    if (!sources || !plan) {
        const base::Error& error = sources ? plan.error() : sources.error();
        std::fprintf(stderr, "spillway: %s\n", error.message.c_str());
        return kBadSettings;
    }
    const relay::RelayReport report = waitForReport(*sources, std::move(*plan));
    std::fputs(relay::describe(report).c_str(), stdout);
    return report.publishable() ? kCanPublish : kCannotPublish;
}

} // namespace gateway
