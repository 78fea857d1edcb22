#include "gateway/whip/session.h"

#include <catch2/catch.hpp>
#include <set>

using whip::Session;

namespace {

Session session() {
    return {"demo", "1", "\"tag\"", "EsAw", "P2uYro0UCOQ4zxjKXaWCBui1", {{"0", 0}, {"1", 1}}, 0};
}

sdp::TrickleFragment fragment(const std::string& text) {
    const auto parsed = sdp::TrickleFragment::parse(text);
    REQUIRE(parsed);
    return *parsed;
}

constexpr const char* kHost = "a=candidate:1 1 udp 2122260223 192.0.2.1 61764 typ host\r\n";

} // namespace

TEST_CASE("identifiers can't be guessed") {
    std::set<std::string> seen;
    for (int i = 0; i < 1000; ++i) {
        const std::string id = whip::randomId();
        CHECK(id.size() == 32); // 128 bits
        CHECK(seen.insert(id).second);
    }
}

TEST_CASE("If-Match") {
    CHECK(whip::matches("\"tag\"", "\"tag\""));
    CHECK(whip::matches("\"other\" , \"tag\"", "\"tag\""));
    CHECK(whip::matches("*", "\"tag\""));
    CHECK(whip::matches("\"*\"", "\"tag\""));
    for (const char* header : {"", "tag", "\"Tag\"", "W/\"tag\"", "\"tag", ",", "**"}) {
        CHECK_FALSE(whip::matches(header, "\"tag\""));
    }
}

TEST_CASE("usable candidates are taken, others left out without a word") {
    Session one = session();
    const auto taken = accept(
        one, fragment(std::string("m=audio 9 UDP/TLS/RTP/SAVPF 0\r\na=mid:1\r\n") + kHost +
                      "a=candidate:2 1 tcp 1518280447 192.0.2.1 9 typ host tcptype active\r\n"
                      "a=candidate:3 1 udp 1 x.local 61766 typ host\r\n"
                      "a=candidate:4 1 quic 1 192.0.2.1 61766 typ host\r\n"
                      "m=video 9 UDP/TLS/RTP/SAVPF 0\r\na=mid:unknown\r\n" +
                      kHost));
    REQUIRE(taken);
    REQUIRE(taken->size() == 1);
    CHECK((*taken)[0].mediaLine == 1);
    CHECK((*taken)[0].candidate == "candidate:1 1 udp 2122260223 192.0.2.1 61764 typ host");
}

TEST_CASE("the end of candidates is told") {
    Session one = session();
    const auto taken = accept(
        one, fragment("a=ice-ufrag:EsAw\r\na=ice-pwd:P2uYro0UCOQ4zxjKXaWCBui1\r\n"
                      "m=audio 9 UDP/TLS/RTP/SAVPF 0\r\na=mid:0\r\na=end-of-candidates\r\n"));
    REQUIRE(taken);
    REQUIRE(taken->size() == 1);
    CHECK((*taken)[0].mediaLine == 0);
    CHECK((*taken)[0].candidate.empty());
}

TEST_CASE("other credentials ask for an ICE restart, which there is not") {
    Session one = session();
    const auto refused =
        accept(one, fragment("a=ice-ufrag:ysXw\r\na=ice-pwd:vw5LmwG4y/e6dPP/zAP9Gp5k\r\n"));
    REQUIRE_FALSE(refused);
    CHECK(refused.error().problem == base::Problem::Unprocessable);
}

TEST_CASE("a flood of candidates ends somewhere") {
    Session one = session();
    std::string text = "m=audio 9 UDP/TLS/RTP/SAVPF 0\r\na=mid:0\r\n";
    for (int i = 0; i < 50; ++i) {
        text += kHost;
    }
    std::size_t taken = 0;
    for (int i = 0; i < 10; ++i) {
        taken += accept(one, fragment(text))->size();
    }
    CHECK(taken == 200);
}
