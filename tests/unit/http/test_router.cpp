#include "gateway/http/router.h"

#include <catch2/catch.hpp>

using http::Reply;
using http::Request;
using http::Responder;
using http::Router;

namespace {

class Kept final : public http::Exchange {
public:
    void answer(Reply reply) override { reply_ = std::move(reply); }
    std::shared_ptr<http::EventStream> startEvents() override { return nullptr; }
    Reply reply_;
};

std::string routed(const Router& router, const std::string& method, const std::string& path) {
    Request request;
    request.method = method;
    request.path = path;
    const auto kept = std::make_shared<Kept>();
    router.handle(request, Responder(kept));
    const auto* text = std::get_if<std::string>(&kept->reply_.body);
    return kept->reply_.status == 200 && text ? *text : std::to_string(kept->reply_.status);
}

void add(Router& router, const std::string& method, const std::string& pattern) {
    router.add({method, pattern, [pattern](const Request& request, const Responder& responder) {
                    std::string text = pattern;
                    for (const auto& [name, value] : request.parameters) {
                        text += " " + name + "=" + value;
                    }
                    responder.send(Reply::text(text));
                }});
}

} // namespace

TEST_CASE("The most literal pattern wins, whatever the order") {
    Router router;
    add(router, "GET", "/recordings/{id}");
    add(router, "GET", "/recordings/{id}.mp4");
    add(router, "GET", "/recordings");
    add(router, "GET", "/api/{stream}/outputs/{id}");
    add(router, "GET", "/api/{stream}/outputs/{id}.sdp");
    add(router, "DELETE", "/api/{stream}/outputs/{id}");
    add(router, "GET", "/");
    CHECK(routed(router, "GET", "/") == "/");
    CHECK(routed(router, "GET", "/recordings") == "/recordings");
    CHECK(routed(router, "GET", "/recordings/a.mp4") == "/recordings/{id}.mp4 id=a");
    CHECK(routed(router, "GET", "/recordings/a-2.123Z.mp4") == "/recordings/{id}.mp4 id=a-2.123Z");
    CHECK(routed(router, "HEAD", "/recordings/a") == "/recordings/{id} id=a");
    CHECK(routed(router, "GET", "/recordings/") == "404");
    CHECK(routed(router, "GET", "/recordings//") == "404");
    CHECK(routed(router, "GET", "/api/x/outputs/r1.sdp") ==
          "/api/{stream}/outputs/{id}.sdp id=r1 stream=x");
    CHECK(routed(router, "DELETE", "/api/x/outputs/r1") ==
          "/api/{stream}/outputs/{id} id=r1 stream=x");
    CHECK(routed(router, "POST", "/api/x/outputs/r1") == "405");
    CHECK(routed(router, "GET", "nonsense") == "404");
    CHECK(routed(router, "GET", "") == "404");
}

TEST_CASE("A route may add to what OPTIONS is answered, for whom its guard lets through") {
    Router router;
    http::Route route;
    route.method = "POST";
    route.pattern = "/whip/{stream}";
    route.handler = [](const Request&, const Responder& responder) {
        responder.send(Reply::text("posted"));
    };
    route.guard = [](const Request& request) {
        return request.queryValue("token") ? base::Result<void>()
                                           : base::fail(base::Problem::Unauthorized, "no token");
    };
    route.options = {{"Accept-Post", "application/sdp"}};
    route.onOptions = [](const Request& request, Reply plain, const Responder& responder) {
        responder.send(std::move(plain.with("Link", request.parameter("stream"))));
    };
    route.cors = http::Cors::Whip;
    router.add(std::move(route));
    add(router, "GET", "/whip/{stream}");

    const auto options = [&](bool token, const std::map<std::string, std::string>& headers) {
        Request request;
        request.method = "OPTIONS";
        request.path = "/whip/demo";
        request.headers = headers;
        if (token) {
            request.query["token"] = "x";
        }
        const auto kept = std::make_shared<Kept>();
        router.handle(request, Responder(kept));
        REQUIRE(kept->reply_.header("Allow"));
        CHECK(*kept->reply_.header("Allow") == "POST, GET, HEAD, OPTIONS");
        CHECK(kept->reply_.header("Accept-Post"));
        const std::string* link = kept->reply_.header("Link");
        return std::to_string(kept->reply_.status) + (link ? " " + *link : "");
    };
    CHECK(options(true, {}) == "200 demo");
    CHECK(options(true, {{"origin", "https://example.org"}}) == "200 demo");
    CHECK(options(false, {}) == "200");
    CHECK(options(true, {{"origin", "https://example.org"},
                         {"access-control-request-method", "POST"}}) == "204");
    CHECK(options(true, {{"access-control-request-method", "POST"}}) == "200");
    CHECK(routed(router, "GET", "/whip/demo") == "/whip/{stream} stream=demo");
}
