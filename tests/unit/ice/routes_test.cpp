#include "gateway/ice/routes.h"
#include "pipelines/base/loop.h"
#include "tests/unit/whip/routed.h"

#include <catch2/catch.hpp>

using base::Problem;
using routed::header;
using routed::textOf;

namespace {

/// Remembers who asked.
class Asked final : public ice::Source {
public:
    void ask(const ice::Inquiry& inquiry, ice::Answer done) override {
        last = inquiry;
        base::post([this, done = std::move(done)] { done(answer); });
    }
    [[nodiscard]] std::string name() const override { return "test"; }

    ice::Inquiry last;
    base::Result<ice::IceConfiguration> answer;
};

struct Ice {
    Ice() {
        auto owned = std::make_unique<Asked>();
        source = owned.get();
        ice::Sources sources;
        sources.push_back(std::move(owned));
        servers.emplace(std::move(sources), ice::Policy::All);
        ice::addRoutes(router, *servers, [](const http::Request& request) {
            return request.queryValue("token") != nullptr
                       ? base::Result<void>()
                       : base::fail(Problem::Unauthorized, "no token");
        });
    }
    http::Reply ask(std::map<std::string, std::string> query) {
        auto request = routed::request("GET", "/api/v1/ice", {{"host", "Camera.example:8080"}});
        request.query = std::move(query);
        return routed::ask(router, std::move(request));
    }

    Asked* source = nullptr;
    std::optional<ice::IceServers> servers;
    http::Router router;
};

} // namespace

TEST_CASE("a page gets its servers") {
    Ice ice;
    ice.source->answer->servers = {{{"turn:a"}, "u", "p"}};
    const auto reply = ice.ask({{"token", "x"}, {"stream", "demo"}});
    CHECK(reply.status == 200);
    CHECK(header(reply, "Content-Type") == "application/json");
    CHECK(header(reply, "Cache-Control") == "no-store");
    CHECK(textOf(reply) == toJson(*ice.source->answer));
    CHECK(ice.source->last.stream == "demo");
    CHECK(ice.source->last.host == "camera.example");
    CHECK(ice.source->last.loopback);
}

TEST_CASE("who may not publish, and what is no stream") {
    Ice ice;
    CHECK(ice.ask({{"stream", "demo"}}).status == 401);
    CHECK(ice.ask({{"token", "x"}}).status == 200); // it need not be named
    CHECK(ice.ask({{"token", "x"}, {"stream", "a/b"}}).status == 404);
    CHECK(ice.ask({{"token", "x"}, {"stream", ""}}).status == 404);
    CHECK(ice.source->last.stream.empty());
}

TEST_CASE("a failure is 503 with its words") {
    Ice ice;
    ice.source->answer = base::fail(Problem::Timeout, "asleep");
    const auto reply = ice.ask({{"token", "x"}, {"stream", "demo"}});
    CHECK(reply.status == 503);
    CHECK(header(reply, "Content-Type") == "application/problem+json");
    CHECK(header(reply, "Cache-Control") == "no-store");
    CHECK_FALSE(header(reply, "Retry-After").empty());
    CHECK(textOf(reply).find("asleep") != std::string::npos);
}
