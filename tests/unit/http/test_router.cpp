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
