#pragma once

#include "gateway/api/events.h"
#include "gateway/api/routes.h"
#include "gateway/hls/channel.h"
#include "tests/unit/streams/fixture.h"
#include "tests/unit/whip/routed.h"

/// The interface over a registry of scripted pipelines.
struct Interface : Fixture {
    Interface() {
        start();
        const rights::Access access{rights::Config{}};
        feed.emplace(*registry);
        feed->addRoutes(router, nullptr);
        api::addStreamRoutes(router, *registry, access);
        api::addLiveRoutes(router, *registry, access);
    }

    http::Reply ask(const std::string& method, const std::string& target,
                    std::map<std::string, std::string> headers = {}, std::string body = {}) {
        return routed::ask(router,
                           routed::request(method, target, std::move(headers), std::move(body)));
    }
    std::string text(const std::string& target) { return routed::textOf(ask("GET", target)); }
    http::Reply fromElsewhere(const std::string& target) {
        auto request = routed::request("GET", target, {{"host", "camera.example:8080"}});
        request.loopback = false;
        request.client = "192.0.2.9";
        return routed::ask(router, request);
    }
    /// Live, with a segment in its playlist.
    void bringLive(const std::string& stream) {
        bring(stream, streams::StreamState::Live);
        REQUIRE(support::runUntil([&] { return registry->hls(stream)->ready(); }));
    }

    std::optional<api::Events> feed;
    http::Router router;
};

inline bool holds(const std::string& text, const std::string& part) {
    return text.find(part) != std::string::npos;
}
