#include "gateway/application.h"

#include "gateway/api/events.h"
#include "gateway/api/routes.h"
#include "gateway/archive/archive.h"
#include "gateway/archive/routes.h"
#include "gateway/coturn/embedded_relay.h"
#include "gateway/http/pages.h"
#include "gateway/ice/configured_sources.h"
#include "gateway/ice/routes.h"
#include "gateway/turn_check/connectivity_check.h"
#include "gateway/whip/endpoint.h"
#include "pipelines/base/log.h"
#include "pipelines/json/writer.h"

namespace gateway {

namespace {

const base::Logger kLog("spillway");

/// 200 when a publisher can be taken.
http::Route healthRoute(const streams::Registry& registry) {
    return {"GET", "/healthz", [&registry](const http::Request&, const http::Responder& responder) {
                if (auto can = registry.canPublish(); !can) {
                    responder.send(can.error());
                    return;
                }
                responder.send(http::Reply::json(json::Writer().put("status", "ok").finish() + "\n")
                                   .with("Cache-Control", "no-store"));
            }};
}

} // namespace

base::Result<std::unique_ptr<Application>> Application::start(const config::Config& config) {
    auto folders = Folders::open(config.data);
    if (!folders) {
        return base::fail(folders.error());
    }
    std::unique_ptr<Application> application(new Application(std::move(*folders)));
    auto ice = application->startRelay(config);
    if (!ice) {
        return base::fail(ice.error());
    }
    if (auto started = application->startStreams(config, std::move(*ice)); !started) {
        return base::fail(started.error());
    }
    if (auto started = application->startServer(config); !started) {
        return base::fail(started.error());
    }
    application->connectArchive();
    return application;
}

Application::Application(Folders folders) : folders_(std::move(folders)) {}

Application::~Application() = default;

base::Result<void> Application::startStreams(const config::Config& config,
                                             control::IceSettings ice) {
    auto pipeline = findPipeline();
    if (!pipeline) {
        return base::fail(pipeline.error());
    }
    auto archive = archive::Archive::open(
        {folders_.data(), *pipeline, config.recording.minimumFree, config.recording.accelPrefix});
    if (!archive) {
        return base::fail(archive.error());
    }
    archive_ = std::move(*archive);
    streams::Config settings;
    settings.pipeline = std::move(*pipeline);
    settings.runDirectory = folders_.run();
    settings.recordingsDirectory = folders_.recordings();
    settings.streamLimit = config.streamLimit;
    settings.video = config.video;
    settings.audio = config.audio;
    settings.hls = config.hls;
    settings.rtp = config.rtp;
    settings.ice = std::move(ice);
    settings.minimumFree = config.recording.minimumFree;
    if (config.recording.enabled) {
        settings.recordingPath = [this](const std::string& stream, base::WallTime start) {
            return archive_->pathFor(stream, start);
        };
    }
    auto registry = streams::Registry::create(std::move(settings));
    if (!registry) {
        return base::fail(registry.error());
    }
    registry_ = std::move(*registry);
    return {};
}

void Application::connectArchive() {
    archiving_ =
        registry_->subscribe([this](const streams::Event& event) { archive_->handle(event); });
    archive_->onChanged([this](const archive::RecordingInfo& recording) {
        events_->publish("recording", archive::toJson(recording));
    });
    archive_->recover();
}

base::Result<control::IceSettings> Application::startRelay(const config::Config& config) {
    auto sources = ice::configuredSources(config.relay);
    if (!sources) {
        return base::fail(sources.error());
    }
    control::IceSettings ice = config.ice;
    if (config.relay.runsRelay()) {
        auto embedded =
            coturn::EmbeddedRelay::start(config.relay, config.server.address, ice.publicAddress);
        if (!embedded) {
            return base::fail(embedded.error());
        }
        if (*embedded) {
            (*embedded)->describe(ice);
            sources->insert(sources->begin(), std::move(*embedded));
        }
    }
    const bool relays = config.relay.namesRelay() || config.relay.runsRelay();
    if (relays && config.access.open && config.access.publishToken.empty()) {
        kLog.warning("everyone who reaches this server may publish, and so is given names and "
                     "passwords for the relay: set publish-token in the group [access]");
    }
    iceServers_ = std::make_unique<ice::IceServers>(std::move(*sources), config.relay.policy);
    connectivityCheck_ = std::make_unique<turn_check::ConnectivityCheck>(
        [ice](bool loopback) { return ice::mediaAddresses(ice, base::localAddresses(), loopback); },
        ice::mediaPorts(ice));
    return ice;
}

base::Result<void> Application::startServer(const config::Config& config) {
    const rights::Access access(config.access);
    http::Router router;
    http::addPages(router, webFolder());
    router.add(healthRoute(*registry_));
    whip_ = std::make_unique<whip::Endpoint>(*registry_, *iceServers_, config.useRelay);
    whip_->addRoutes(router, access.guardFor(rights::Right::Publish));
    ice::addRoutes(router, *iceServers_, access.guardFor(rights::Right::Publish));
    turn_check::addConnectivityCheckRoutes(router, *connectivityCheck_,
                                           access.guardFor(rights::Right::Publish));
    events_ = std::make_unique<api::Events>(*registry_);
    events_->addRoutes(router, access.guardFor(rights::Right::View));
    api::addStreamRoutes(router, *registry_, access);
    api::addLiveRoutes(router, *registry_, access);
    archive::addRoutes(
        router, *archive_,
        {access.guardFor(rights::Right::View), access.guardFor(rights::Right::Publish)});
    auto server = http::Server::start(config.server, std::move(router));
    if (!server) {
        return base::fail(server.error());
    }
    server_ = std::move(*server);
    return {};
}

void Application::stop(std::function<void()> onStopped) {
    if (onStopped_) {
        return;
    }
    onStopped_ = std::move(onStopped);
    stopDeadline_ = base::Timer::once(kLongestStop, [this] {
        kLog.warning("not everything ended in time; what is left is repaired at the next start");
        stopped();
    });
    archive_->stopFinishing();
    registry_->shutdown([this] { stopped(); });
}

void Application::stopped() {
    if (auto onStopped = std::exchange(onStopped_, nullptr)) {
        stopDeadline_.stop();
        onStopped();
    }
}

std::string Application::url() const {
    return server_->url();
}

} // namespace gateway
