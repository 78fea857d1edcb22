#include "gateway/turn_check/connectivity_check.h"
#include "gateway/turn_check/stun_message.h"
#include "tests/support/run_until.h"
#include "tests/unit/whip/routed.h"

#include <algorithm>
#include <catch2/catch.hpp>
#include <fstream>
#include <sstream>

using namespace turn_check;

namespace {

std::vector<ice::MediaAddress> loopbackOnly(bool) {
    return {{"127.0.0.1", "127.0.0.1"}};
}

/// What comes back for a packet; empty when nothing does.
class Browser {
public:
    Browser() {
        socket_->watch([this](const UdpSocket::Packet& packet) { answer_ = packet.bytes; });
    }
    std::string ask(const std::string& packet, const sdp::Candidate& candidate,
                    std::chrono::milliseconds wait = std::chrono::milliseconds(2000)) {
        answer_.clear();
        socket_->send(packet, {candidate.address, static_cast<std::uint16_t>(candidate.port)});
        support::runUntil([&] { return !answer_.empty(); }, wait);
        return answer_;
    }
    [[nodiscard]] const TransportAddress& address() const { return socket_->local(); }

private:
    std::string answer_;
    std::unique_ptr<UdpSocket> socket_ = std::move(*UdpSocket::bind("127.0.0.1", {}));
};

StunMessage checkFor(const sdp::LiteAgent& agent) {
    StunMessage request = StunMessage::request(StunMethod::Binding);
    request.add(StunType::Username, agent.ufrag + ":abcd");
    request.addNumber(StunType::Priority, 1);
    request.add(StunType::IceControlling, "12345678");
    request.add(StunType::UseCandidate, "");
    return request;
}

std::string dataOffer(const std::string& name) {
    std::ifstream file(std::string(TEST_DATA) + "/data-offers/" + name);
    std::stringstream text;
    text << file.rdbuf();
    REQUIRE_FALSE(text.str().empty());
    return text.str();
}

constexpr auto kSilence = std::chrono::milliseconds(150);

} // namespace

TEST_CASE("a check that knows the password is answered with the address it came from") {
    ConnectivityCheck check(loopbackOnly, {});
    const auto opened = check.open(true, {});
    REQUIRE(opened);
    REQUIRE(opened->agent.candidates.size() == 1);
    const sdp::Candidate& candidate = opened->agent.candidates.front();
    CHECK(candidate.isUsable());
    Browser browser;
    const StunMessage request = checkFor(opened->agent);
    const std::string packet = browser.ask(request.print(opened->agent.password), candidate);
    const auto answer = StunMessage::parse(packet);
    REQUIRE(answer);
    CHECK(answer->kind == StunClass::Success);
    CHECK(answer->transaction == request.transaction);
    CHECK(answer->address(StunType::XorMappedAddress) == browser.address());
    CHECK(isSignedWith(packet, opened->agent.password));
}

TEST_CASE("whoever does not know the password gets nothing") {
    ConnectivityCheck check(loopbackOnly, {});
    const auto opened = check.open(true, {});
    REQUIRE(opened);
    const sdp::Candidate& candidate = opened->agent.candidates.front();
    Browser browser;
    CHECK(browser.ask(checkFor(opened->agent).print("a guess"), candidate, kSilence).empty());
    CHECK(browser.ask(checkFor(opened->agent).print(), candidate, kSilence).empty());
    sdp::LiteAgent other = opened->agent;
    other.ufrag = "none";
    CHECK(browser.ask(checkFor(other).print(other.password), candidate, kSilence).empty());
    StunMessage allocate = checkFor(opened->agent);
    allocate.method = StunMethod::Allocate;
    CHECK(browser.ask(allocate.print(opened->agent.password), candidate, kSilence).empty());
    CHECK(browser.ask("\x16\xfe\xff a ClientHello", candidate, kSilence).empty());
    CHECK(browser.ask("", candidate, kSilence).empty());
}

TEST_CASE("what must be understood and is not is named") {
    ConnectivityCheck check(loopbackOnly, {});
    const auto opened = check.open(true, {});
    REQUIRE(opened);
    StunMessage request = checkFor(opened->agent);
    request.attributes.push_back({0x7abc, "what?"});
    request.attributes.push_back({0xc057, "network cost"});
    Browser browser;
    const auto answer = StunMessage::parse(
        browser.ask(request.print(opened->agent.password), opened->agent.candidates.front()));
    REQUIRE(answer);
    REQUIRE(answer->error());
    CHECK(answer->error()->code == 420);
    REQUIRE(answer->find(StunType::UnknownAttributes) != nullptr);
    CHECK(*answer->find(StunType::UnknownAttributes) == "\x7a\xbc");
}

TEST_CASE("only some at once, on the same port, until they are closed") {
    ConnectivityCheck check(loopbackOnly, {});
    std::vector<ConnectivityCheck::Opened> opened;
    for (std::size_t i = 0; i < ConnectivityCheck::kMostSessions; ++i) {
        auto next = check.open(true, {});
        REQUIRE(next);
        opened.push_back(*next);
        CHECK(opened.back().agent.candidates.front().port ==
              opened.front().agent.candidates.front().port);
    }
    const auto refused = check.open(true, {});
    REQUIRE_FALSE(refused);
    CHECK(refused.error().problem == base::Problem::Unavailable);
    CHECK(check.close(opened.front().id));
    CHECK_FALSE(check.close(opened.front().id));
    CHECK_FALSE(check.close(""));
    CHECK(check.open(true, {}));
}

TEST_CASE("once all are closed nobody listens any more") {
    ConnectivityCheck check(loopbackOnly, {});
    const auto opened = check.open(true, {});
    REQUIRE(opened);
    CHECK(check.close(opened->id));
    Browser browser;
    CHECK(browser
              .ask(checkFor(opened->agent).print(opened->agent.password),
                   opened->agent.candidates.front(), kSilence)
              .empty());
}

TEST_CASE("ports of the settings, and an address that stands for another") {
    const auto addresses = [](bool) {
        return std::vector<ice::MediaAddress>{{"127.0.0.1", "198.51.100.7"},
                                              {"192.0.2.77", "192.0.2.77"}};
    };
    const int first = 40'000 + static_cast<int>(g_random_int_range(0, 10'000));
    ConnectivityCheck check(addresses, {first, first + 3});
    const auto opened = check.open(false, {});
    REQUIRE(opened);
    REQUIRE(opened->agent.candidates.size() == 1); // the other is not this machine's
    CHECK(opened->agent.candidates.front().address == "198.51.100.7");
    CHECK(opened->agent.candidates.front().port >= first);
    CHECK(opened->agent.candidates.front().port <= first + 3);
    ConnectivityCheck none([](bool) { return std::vector<ice::MediaAddress>{}; }, {});
    CHECK_FALSE(none.open(true, {}));
}

TEST_CASE("a firewall that only lets in what answers is knocked at from inside") {
    const auto host = base::localAddresses();
    const auto outside =
        std::find_if(host.begin(), host.end(), [](const base::LocalAddress& local) {
            return !local.loopback && !local.ipv6;
        });
    if (outside == host.end()) {
        WARN("there is no address but the loopback's");
        return;
    }
    const auto addresses = [&](bool) {
        return std::vector<ice::MediaAddress>{{outside->address, outside->address}};
    };
    std::vector<std::string> heard;
    const auto browser = std::move(*UdpSocket::bind(outside->address, {}));
    browser->watch([&](const UdpSocket::Packet& packet) { heard.push_back(packet.bytes); });
    sdp::Candidate theirs =
        sdp::Candidate::parse("1 1 udp 1 " + outside->address + " " +
                              std::to_string(browser->local().port) + " typ srflx")
            .value();
    ConnectivityCheck check(addresses, {});
    REQUIRE(check.open(false, {theirs}));
    REQUIRE(support::runUntil([&] { return heard.size() >= 2; }));
    const auto knock = StunMessage::parse(heard.front());
    REQUIRE(knock);
    CHECK(knock->kind == StunClass::Indication);
}

TEST_CASE("over HTTP") {
    ConnectivityCheck check(loopbackOnly, {});
    http::Router router;
    addConnectivityCheckRoutes(router, check, {});
    const std::map<std::string, std::string> sdp{{"content-type", "application/sdp"}};
    const auto post = [&](const std::string& body, std::map<std::string, std::string> headers) {
        return routed::ask(router,
                           routed::request("POST", "/api/v1/ice/check", std::move(headers), body));
    };
    const http::Reply answer = post(dataOffer("chromium.sdp"), sdp);
    CHECK(answer.status == 201);
    CHECK(routed::header(answer, "Content-Type") == "application/sdp");
    CHECK(routed::header(answer, "Cache-Control") == "no-store");
    const auto description = sdp::SessionDescription::parse(routed::textOf(answer));
    REQUIRE(description);
    CHECK(description->attributes.has("ice-lite"));
    const std::string location = routed::header(answer, "Location");
    CHECK(routed::ask(router, routed::request("DELETE", location)).status == 204);
    CHECK(routed::ask(router, routed::request("DELETE", location)).status == 404);
    CHECK(post(dataOffer("firefox.sdp"), sdp).status == 201);
    CHECK(post("v=0", sdp).status == 400);
    CHECK(post(dataOffer("chromium.sdp"), {}).status == 415);
    std::string withVideo = dataOffer("chromium.sdp");
    withVideo += "m=video 9 UDP/TLS/RTP/SAVPF 96\r\n";
    CHECK(post(withVideo, sdp).status == 422);
}
