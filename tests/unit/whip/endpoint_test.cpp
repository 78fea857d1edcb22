#include "gateway/whip/endpoint.h"

#include "pipelines/base/loop.h"
#include "tests/unit/streams/fixture.h"
#include "tests/unit/whip/routed.h"

#include <fstream>
#include <iterator>

using namespace std::chrono_literals;
using routed::header;

namespace {

std::string data(const std::string& name) {
    std::ifstream file(TEST_DATA "/" + name);
    REQUIRE(file);
    return {std::istreambuf_iterator<char>(file), {}};
}

/// Gives a relay when it is told to.
class HeldSource final : public ice::Source {
public:
    void ask(const ice::Inquiry& inquiry, ice::Answer done) override {
        asked.push_back(inquiry);
        if (holds) {
            held.push_back(std::move(done));
        } else {
            base::post([done = std::move(done), given = answer] { done(given); });
        }
    }
    [[nodiscard]] std::string name() const override { return "test"; }

    base::Result<ice::IceConfiguration> answer =
        ice::IceConfiguration{{{{"stun:a", "turn:a"}, "u", "p"}}, ice::Policy::All, {}};
    bool holds = false;
    std::vector<ice::Inquiry> asked;
    std::vector<ice::Answer> held;
};

struct Whip : Fixture {
    explicit Whip(int limit = 8, base::Milliseconds linksTime = whip::Endpoint::kLinksTime)
        : Fixture("", limit) {
        start();
        auto owned = std::make_unique<HeldSource>();
        ice = owned.get();
        ice::Sources sources;
        sources.push_back(std::move(owned));
        iceServers.emplace(std::move(sources), ice::Policy::All);
        endpoint.emplace(*registry, *iceServers, false, linksTime);
        endpoint->addRoutes(router, [](const http::Request&) { return base::Result<void>(); });
    }

    http::Reply ask(const std::string& method, const std::string& target,
                    std::map<std::string, std::string> headers = {}, std::string body = {}) {
        return routed::ask(router,
                           routed::request(method, target, std::move(headers), std::move(body)));
    }
    http::Reply post(const std::string& target, const std::string& offer) {
        return ask("POST", target, {{"content-type", "application/sdp"}}, offer);
    }
    http::Reply patch(const std::string& url, const std::string& ifMatch, const std::string& body) {
        return ask("PATCH", url,
                   {{"content-type", "application/trickle-ice-sdpfrag"}, {"if-match", ifMatch}},
                   body);
    }

    HeldSource* ice = nullptr;
    std::optional<ice::IceServers> iceServers;
    std::optional<whip::Endpoint> endpoint;
    http::Router router;
};

std::vector<std::string> linksOf(const http::Reply& reply) {
    std::vector<std::string> links;
    for (const auto& [name, value] : reply.headers) {
        if (name == "Link") {
            links.push_back(value);
        }
    }
    return links;
}

const std::vector<std::string> kLinks{"<stun:a>; rel=\"ice-server\"",
                                      "<turn:a>; rel=\"ice-server\"; username=\"u\"; "
                                      "credential=\"p\"; credential-type=\"password\""};

/// With the credentials of chromium-camera.sdp.
constexpr const char* kFragment = "a=ice-ufrag:O3eL\r\na=ice-pwd:oepdyWAkkZuGXIxJh0j3LI3g\r\n"
                                  "m=audio 9 UDP/TLS/RTP/SAVPF 0\r\na=mid:0\r\n"
                                  "a=candidate:1 1 udp 2122260223 192.0.2.1 61764 typ host\r\n";

} // namespace

TEST_CASE("publish, and stop") {
    Whip whip;
    const auto reply = whip.post("/whip/demo", data("offers/chromium-camera.sdp"));
    CHECK(reply.status == 201);
    CHECK(header(reply, "Content-Type") == "application/sdp");
    CHECK(routed::textOf(reply).ends_with(" answered"));
    const std::string url = header(reply, "Location");
    CHECK(url.starts_with("/whip/demo/"));
    CHECK(url.size() == std::string("/whip/demo/").size() + 32);
    const std::string tag = header(reply, "ETag");
    CHECK((tag.size() > 2 && tag.front() == '"' && tag.back() == '"'));
    const auto info = whip.registry->find("demo");
    REQUIRE(info);
    CHECK_FALSE(url.ends_with("/" + info->session));

    CHECK(whip.ask("GET", "/whip/demo").status == 204);
    CHECK(whip.ask("HEAD", url).status == 204);
    CHECK(whip.ask("GET", "/whip/other/" + url.substr(11)).status == 404);
    CHECK(whip.ask("DELETE", url, {{"if-match", "\"nonsense\""}}).status == 200);
    CHECK(whip.ask("DELETE", url).status == 404);
    CHECK(whip.patch(url, tag, kFragment).status == 404);
    CHECK(whip.waitForEnd("demo", 2s));
    CHECK(whip.reasonOf("demo") == "the publisher stopped");
}

TEST_CASE("a token in the URL is in the session's URL too") {
    Whip whip;
    const auto reply = whip.post("/whip/demo?token=a b", data("offers/chromium-camera.sdp"));
    CHECK(header(reply, "Location").ends_with("?token=a%20b"));
}

TEST_CASE("trickle") {
    Whip whip;
    const auto reply = whip.post("/whip/demo", data("offers/chromium-camera.sdp"));
    const std::string url = header(reply, "Location");
    const std::string tag = header(reply, "ETag");
    CHECK(
        whip.ask("PATCH", url, {{"content-type", "application/sdp"}, {"if-match", tag}}, kFragment)
            .status == 415);
    CHECK(whip.ask("PATCH", url, {{"content-type", "application/trickle-ice-sdpfrag"}}, kFragment)
              .status == 428);
    CHECK(whip.patch(url, "\"stale\"", kFragment).status == 412);
    CHECK(whip.patch(url, tag, "nonsense").status == 400);
    CHECK(whip.patch(url, tag, data("fragments/restart.sdpfrag")).status == 422);
    CHECK(whip.patch(url, "\"*\"", data("fragments/restart.sdpfrag")).status == 422);
    CHECK(whip.registry->find("demo")->state <= streams::StreamState::Live);

    const auto taken = whip.patch(url, tag, kFragment);
    CHECK(taken.status == 204);
    CHECK(header(taken, "ETag").empty());
    // The scripted pipeline ends the session with the candidate it was told.
    REQUIRE(whip.waitForEnd("demo", 2s));
    CHECK(whip.reasonOf("demo") == "told: candidate:1 1 udp 2122260223 192.0.2.1 61764 typ host");
    CHECK(whip.ask("DELETE", url).status == 404);
}

TEST_CASE("what is not taken, and how that is said") {
    Whip whip;
    const std::string offer = data("offers/chromium-camera.sdp");
    const auto type = whip.ask("POST", "/whip/demo", {{"content-type", "text/plain"}}, offer);
    CHECK(type.status == 415);
    CHECK(header(type, "Accept-Post") == "application/sdp");
    CHECK(header(type, "Content-Type") == "application/problem+json");
    CHECK(whip.ask("POST", "/whip/demo", {}, offer).status == 415);
    CHECK(
        whip.ask("POST", "/whip/demo", {{"content-type", "Application/SDP; charset=utf-8"}}, offer)
            .status == 201);
    CHECK(whip.post("/whip/other", "nonsense").status == 400);
    CHECK(whip.post("/whip/other", "").status == 400);
    const auto vp9 = whip.post("/whip/other", data("offers/chromium-vp9-only.sdp"));
    CHECK(vp9.status == 422);
    CHECK(routed::textOf(vp9).find("VP9") != std::string::npos);
    CHECK(whip.post("/whip/other", data("offers/chromium-recvonly.sdp")).status >= 400);
    CHECK(whip.post("/whip/other", data("offers/chromium-audio-only.sdp")).status == 422);
    CHECK(whip.post("/whip/" + std::string(65, 'x'), offer).status == 404);
    CHECK(whip.post("/whip/..", offer).status == 404);
    CHECK_FALSE(whip.registry->find("other"));
}

TEST_CASE("busy, refused by the pipeline, and too many") {
    Whip whip(2);
    const std::string offer = data("offers/chromium-camera.sdp");
    CHECK(whip.post("/whip/demo", offer).status == 201);
    CHECK(whip.post("/whip/demo", offer).status == 409);
    CHECK(whip.post("/whip/refused", offer).status == 422);
    REQUIRE(whip.waitForEnd("refused", 2s));
    CHECK(whip.post("/whip/second", offer).status == 201);
    const auto full = whip.post("/whip/third", offer);
    CHECK(full.status == 503);
    CHECK_FALSE(header(full, "Retry-After").empty());
}

TEST_CASE("the session is gone at once when its pipeline is killed") {
    Whip whip;
    const auto reply = whip.post("/whip/demo", data("offers/chromium-camera.sdp"));
    REQUIRE(reply.status == 201);
    whip.killPipelineOf("demo");
    REQUIRE(whip.waitForEnd("demo", 1s));
    CHECK(whip.ask("GET", header(reply, "Location")).status == 404);
}

TEST_CASE("a session takes the place of another, which is gone then") {
    Whip whip;
    const std::string offer = data("offers/chromium-camera.sdp");
    const std::string first = header(whip.post("/whip/demo", offer), "Location");
    REQUIRE(support::runUntil(
        [&] { return whip.registry->find("demo")->state == streams::StreamState::Live; }));
    const auto idOf = [](const std::string& url) { return url.substr(url.rfind('/') + 1); };

    CHECK(whip.post("/whip/demo?replaces=", offer).status == 409);
    CHECK(whip.post("/whip/demo?replaces=" + std::string(32, 'a'), offer).status == 409);
    CHECK(whip.post("/whip/demo?replaces=" + whip.registry->find("demo")->session, offer).status ==
          409); // what the processes call it is no secret
    CHECK(whip.post("/whip/other?replaces=" + idOf(first), offer).status == 409);

    const auto reply = whip.post("/whip/demo?token=a&replaces=" + idOf(first), offer);
    CHECK(reply.status == 201);
    const std::string second = header(reply, "Location");
    CHECK(second.ends_with("?token=a"));
    REQUIRE(support::runUntil([&] { return whip.ask("GET", first).status == 404; }, 2s));
    CHECK(whip.ask("DELETE", first).status == 404);
    CHECK(whip.post("/whip/demo?replaces=" + idOf(first), offer).status == 409);
    CHECK(whip.ask("GET", second).status == 204);
    CHECK(whip.registry->find("demo")->state == streams::StreamState::Live);
    CHECK(whip.ask("DELETE", second).status == 200);
    CHECK(whip.waitForEnd("demo", 2s));
}

TEST_CASE("while one session is to take another's place, both are there") {
    Whip whip;
    const std::string offer = data("offers/chromium-camera.sdp");
    const std::string first = header(whip.post("/whip/patient", offer), "Location");
    REQUIRE(support::runUntil(
        [&] { return whip.registry->find("patient")->state == streams::StreamState::Live; }));
    const std::string target = "/whip/patient?replaces=" + first.substr(first.rfind('/') + 1);
    const auto reply = whip.post(target, offer);
    REQUIRE(reply.status == 201);
    const std::string second = header(reply, "Location");
    CHECK(whip.ask("GET", first).status == 204);
    CHECK(whip.ask("GET", second).status == 204);
    SECTION("a candidate goes to its own session") {
        // With which the script closes that session.
        CHECK(whip.patch(second, header(reply, "ETag"), kFragment).status == 204);
    }
    SECTION("DELETE ends the one it names") {
        CHECK(whip.ask("DELETE", second).status == 200);
    }
    REQUIRE(support::runUntil([&] { return whip.ask("GET", second).status == 404; }, 2s));
    CHECK(whip.ask("GET", first).status == 204);
    CHECK(whip.registry->find("patient")->state == streams::StreamState::Live);
    CHECK(whip.post(target, offer).status == 201);
}

TEST_CASE("OPTIONS says what is taken, without a token") {
    Whip whip;
    const auto reply = whip.ask("OPTIONS", "/whip/demo");
    CHECK(reply.status == 200);
    CHECK(header(reply, "Accept-Post") == "application/sdp");
    const auto preflight =
        whip.ask("OPTIONS", "/whip/demo/x",
                 {{"origin", "https://example.org"}, {"access-control-request-method", "PATCH"}});
    CHECK(preflight.status == 204);
    CHECK(header(preflight, "Access-Control-Allow-Methods").find("PATCH") != std::string::npos);
    CHECK(whip.ask("PUT", "/whip/demo").status == 405);
}

TEST_CASE("ICE servers come as Links with the answer") {
    Whip whip;
    const auto reply = whip.post("/whip/demo", data("offers/chromium-camera.sdp"));
    REQUIRE(reply.status == 201);
    CHECK(linksOf(reply) == kLinks);
    REQUIRE(whip.ice->asked.size() == 1);
    CHECK(whip.ice->asked[0].stream == "demo");
    CHECK(linksOf(whip.post("/whip/demo", data("offers/chromium-camera.sdp"))).empty()); // 409
    CHECK(linksOf(whip.post("/whip/other", "nonsense")).empty());
}

TEST_CASE("a relay service that is slow or fails does not hold up a publisher") {
    Whip whip;
    whip.ice->holds = true;
    const auto early = whip.post("/whip/early", data("offers/chromium-camera.sdp"));
    CHECK(early.status == 201);
    CHECK(linksOf(early).empty());
    REQUIRE(whip.ice->held.size() == 1);
    whip.ice->held[0](whip.ice->answer); // too late, and no harm
    whip.ice->holds = false;
    whip.ice->answer = base::fail(base::Problem::Timeout, "asleep");
    const auto without = whip.post("/whip/failing", data("offers/chromium-camera.sdp"));
    CHECK(without.status == 201);
    CHECK(linksOf(without).empty());
    const auto options = whip.ask("OPTIONS", "/whip/demo");
    CHECK(options.status == 200);
    CHECK(linksOf(options).empty());
}

TEST_CASE("the pipeline's answer waits for ICE servers that come soon") {
    Whip whip(8, 4s);
    whip.ice->holds = true;
    auto request = routed::request("POST", "/whip/demo", {{"content-type", "application/sdp"}},
                                   data("offers/chromium-camera.sdp"));
    const auto exchange = std::make_shared<routed::Exchange>();
    whip.router.handle(std::move(request), http::Responder(exchange));
    REQUIRE(support::runUntil([&] {
        const auto info = whip.registry->find("demo");
        return info && info->state == streams::StreamState::Live;
    }));
    CHECK_FALSE(exchange->reply);
    REQUIRE(whip.ice->held.size() == 1);
    whip.ice->held[0](whip.ice->answer);
    REQUIRE(exchange->reply);
    CHECK(exchange->reply->status == 201);
    CHECK(linksOf(*exchange->reply) == kLinks);
}

TEST_CASE("OPTIONS brings ICE servers to publishers, not to a preflight") {
    Whip whip;
    const auto reply = whip.ask("OPTIONS", "/whip/demo");
    CHECK(linksOf(reply) == kLinks);
    CHECK(header(reply, "Cache-Control") == "no-store");
    CHECK(linksOf(whip.ask("OPTIONS", "/whip/-")).empty());
    CHECK(linksOf(whip.ask("OPTIONS", "/whip/demo/x")).empty());
    CHECK(linksOf(whip.ask("OPTIONS", "/whip/demo",
                           {{"origin", "https://example.org"},
                            {"access-control-request-method", "POST"}}))
              .empty());
    http::Router guarded;
    whip.endpoint->addRoutes(guarded, [](const http::Request&) {
        return base::fail(base::Problem::Unauthorized, "no token");
    });
    whip.ice->asked.clear();
    const auto stranger = routed::ask(guarded, routed::request("OPTIONS", "/whip/demo"));
    CHECK(stranger.status == 200);
    CHECK(header(stranger, "Accept-Post") == "application/sdp");
    CHECK(linksOf(stranger).empty());
    CHECK(whip.ice->asked.empty());
}
