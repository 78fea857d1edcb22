#include "sdp/data_offer.h"
#include "tests/unit/sdp/sample.h"

#include <catch2/catch.hpp>

using Kind = sdp::Refusal::Kind;

namespace {

sdp::LiteAgent agent() {
    sdp::LiteAgent made;
    made.sessionId = "4711";
    made.ufrag = "0a1b2c3d";
    made.password = "0123456789abcdef0123456789abcdef";
    made.fingerprint = std::string(31 * 3, 'A');
    for (std::size_t i = 2; i < made.fingerprint.size(); i += 3)
        made.fingerprint[i] = ':';
    made.fingerprint += "AA";
    made.candidates = {
        sdp::Candidate::parse("1 1 udp 2130706431 2001:db8::1 50000 typ host").value(),
        sdp::Candidate::parse("2 1 udp 2130706175 192.0.2.1 50001 typ host").value()};
    return made;
}

} // namespace

TEST_CASE("data channels of browsers are taken") {
    for (const char* name : {"chromium", "firefox"}) {
        const auto offer =
            sdp::DataOffer::parse(sample::read(std::string("data-offers/") + name + ".sdp"));
        REQUIRE(offer);
        CHECK(offer->mid == "0");
        CHECK(offer->bundled);
        CHECK(offer->transport.ufrag.size() >= 4);
    }
}

TEST_CASE("the answer is one that both sides read") {
    const auto offer = sdp::DataOffer::parse(sample::read("data-offers/chromium.sdp"));
    REQUIRE(offer);
    const std::string text = sdp::answerTo(*offer, agent()).print();
    const auto answer = sdp::SessionDescription::parse(text);
    REQUIRE(answer);
    CHECK(answer->print() == text);
    CHECK(answer->attributes.has("ice-lite"));
    CHECK(answer->attributes.find("group")->text() == "BUNDLE 0");
    REQUIRE(answer->media.size() == 1);
    CHECK(answer->media.front().port == 50000);
    CHECK(answer->media.front().fields.front().value == "IN IP6 2001:db8::1");
    CHECK(answer->media.front().attributes.find("setup")->text() == "passive");
    CHECK(answer->media.front().attributes.has("end-of-candidates"));
}

TEST_CASE("other offers than of one data channel are refused") {
    const std::string good = sample::read("data-offers/chromium.sdp");
    const auto refusal = [&](const char* what, const char* with) {
        const auto offer = sdp::DataOffer::parse(sample::replaced(good, what, with));
        REQUIRE_FALSE(offer);
        CHECK_FALSE(offer.error().reason.empty());
        return offer.error().kind;
    };
    CHECK(refusal("m=application 9", "m=application 0") == Kind::Unusable);
    CHECK(refusal("m=application 9", "m=video 9") == Kind::Unusable);
    CHECK(refusal("UDP/DTLS/SCTP webrtc", "UDP/TLS/RTP/SAVPF webrtc") == Kind::Unusable);
    CHECK(refusal("webrtc-datachannel", "5000") == Kind::Unusable);
    CHECK(refusal("a=mid:0\r\n", "") == Kind::Malformed);
    CHECK(refusal("a=mid:0", "a=mid:( )") == Kind::Malformed);
    CHECK(refusal("a=ice-ufrag:", "a=x-ice-ufrag:") == Kind::Malformed);
    CHECK(refusal("a=setup:actpass", "a=setup:passive") == Kind::Unusable);
    CHECK(refusal("t=0 0\r\n", "t=0 0\r\na=ice-lite\r\n") == Kind::Unusable);
    CHECK(refusal("v=0", "v=1") == Kind::Malformed);
    CHECK_FALSE(sdp::DataOffer::parse(""));
    CHECK_FALSE(
        sdp::DataOffer::parse(sample::read("offers/chromium-datachannel.sdp"))); // and media
}
