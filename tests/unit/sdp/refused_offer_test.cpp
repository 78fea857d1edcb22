#include "sdp/publish_offer.h"

#include "sample.h"

#include <catch2/catch.hpp>

using namespace sdp;
using Kind = Refusal::Kind;

namespace {

const std::string chromium = sample::offer("chromium-camera");

Refusal refused(const std::string& text) {
    const auto offer = PublishOffer::parse(text);
    REQUIRE_FALSE(offer);
    INFO(offer.error().reason);
    CHECK_FALSE(offer.error().reason.empty());
    return offer.error();
}

Kind kindOf(const std::string& text) {
    return refused(text).kind;
}

} // namespace

TEST_CASE("Texts that are no offers are malformed") {
    CHECK(kindOf("") == Kind::Malformed);
    CHECK(kindOf("garbage") == Kind::Malformed);
    CHECK(kindOf(std::string(2'000'000, 'a')) == Kind::Malformed);
    CHECK(kindOf(chromium.substr(0, 30)) == Kind::Malformed);
    CHECK(kindOf(chromium.substr(0, 700)) == Kind::Malformed); // within the first m=
    std::string many = chromium;
    for (int i = 0; i < 498; ++i)
        many += "m=video 9 UDP/TLS/RTP/SAVPF 96\r\na=mid:x" + std::to_string(i) + "\r\n";
    CHECK(kindOf(many) == Kind::Malformed);
}

TEST_CASE("An offer cut off anywhere is taken or refused, never worse") {
    for (std::size_t length = 0; length < chromium.size(); length += 7)
        (void)PublishOffer::parse(chromium.substr(0, length));
}

TEST_CASE("What each m= line must have") {
    for (const auto* start :
         {"a=ice-ufrag:", "a=ice-pwd:", "a=fingerprint:", "a=setup:", "a=mid:"}) {
        const Refusal refusal = refused(sample::without(chromium, start));
        INFO(start);
        CHECK(refusal.kind == Kind::Malformed);
        CHECK(refusal.line > 0);
    }
    CHECK(kindOf(sample::without(sample::offer("firefox-camera"), "a=fingerprint:")) ==
          Kind::Malformed);
    CHECK(kindOf(sample::without(chromium, "a=rtcp-mux")) == Kind::Unusable);
}

TEST_CASE("ICE and DTLS parameters are checked") {
    const auto ufrag = [](const std::string& to) {
        return kindOf(sample::replaced(chromium, "a=ice-ufrag:O3eL", "a=ice-ufrag:" + to));
    };
    CHECK(ufrag("abc") == Kind::Malformed);
    CHECK(ufrag("ab d") == Kind::Malformed);
    CHECK(ufrag(std::string(257, 'u')) == Kind::Malformed);
    CHECK(ufrag(std::string(5000, 'u')) == Kind::Malformed);
    CHECK(kindOf(sample::replaced(chromium, "a=ice-pwd:oepdyWAkkZuGXIxJh0j3LI3g",
                                  "a=ice-pwd:short")) == Kind::Malformed);
    CHECK(kindOf(sample::replaced(chromium, "sha-256 68:62", "sha-256 6862")) == Kind::Malformed);
    CHECK(kindOf(sample::replaced(chromium, "sha-256 68:62", "sha-256 6G:62")) == Kind::Malformed);
    CHECK(kindOf(sample::replaced(chromium, "sha-256 ", "sha-1 ")) == Kind::Unusable);
    CHECK(kindOf(sample::replaced(chromium, "setup:actpass", "setup:passive")) == Kind::Unusable);
    CHECK(kindOf(sample::replaced(chromium, "setup:actpass", "setup:maybe")) == Kind::Malformed);
}

TEST_CASE("Candidates are parsed and counted") {
    const std::string start = "a=candidate:1 1 udp 1 192.0.2.1 ";
    CHECK(kindOf(sample::with(chromium, "m=audio", start + "host\r\n")) == Kind::Malformed);
    std::string many;
    for (int i = 0; i < 33; ++i)
        many += start + std::to_string(2000 + i) + " typ host\r\n";
    CHECK(kindOf(sample::with(chromium, "m=audio", many)) == Kind::Malformed);
}

TEST_CASE("Mids and the BUNDLE group fit together") {
    CHECK(kindOf(sample::replaced(chromium, "a=mid:1", "a=mid:0")) == Kind::Malformed);
    CHECK(kindOf(sample::replaced(chromium, "a=mid:1", "a=mid:")) == Kind::Malformed);
    CHECK(kindOf(sample::replaced(chromium, "BUNDLE 0 1", "BUNDLE 0 7")) == Kind::Malformed);
    CHECK(kindOf(sample::replaced(chromium, "BUNDLE 0 1", "BUNDLE 0 1 1")) == Kind::Malformed);
    CHECK(kindOf(sample::with(chromium, "a=group:", "a=group:BUNDLE 0\r\n")) == Kind::Malformed);
    CHECK(kindOf(sample::replaced(chromium, "BUNDLE 0 1", "BUNDLE 0")) == Kind::Unusable);
    CHECK(kindOf(sample::without(chromium, "a=group:")) == Kind::Unusable);
}

TEST_CASE("Formats are checked") {
    CHECK(kindOf(sample::replaced(chromium, "VP8/90000", "VP8/0")) == Kind::Malformed);
    CHECK(kindOf(sample::replaced(chromium, "VP8/90000", "VP8")) == Kind::Malformed);
    CHECK(kindOf(sample::replaced(chromium, "SAVPF 96 97", "SAVPF 128 97")) == Kind::Malformed);
    CHECK(kindOf(sample::replaced(chromium, "SAVPF 96 97", "SAVPF 96 96")) == Kind::Malformed);
    CHECK(kindOf(sample::replaced(chromium, "SAVPF 96 97", "SAVPF x 97")) == Kind::Malformed);
    CHECK(kindOf(sample::with(chromium, "a=rtpmap:96", "a=rtpmap:96 VP9/90000\r\n")) ==
          Kind::Malformed);
    CHECK(kindOf(sample::with(chromium, "a=rtpmap:96", "a=extmap:14 urn:x\r\n")) ==
          Kind::Malformed);
    CHECK(kindOf(sample::with(chromium, "a=rtpmap:96", "a=extmap:0 urn:x\r\n")) == Kind::Malformed);
    const std::string shared = sample::replaced(
        sample::replaced(chromium, "SAVPF 111 63", "SAVPF 96 63"), ":111 ", ":96 ");
    CHECK(kindOf(shared) == Kind::Malformed);
}

TEST_CASE("A proper offer that nothing can be published from is unusable") {
    for (const auto* name : {"chromium-audio-only", "firefox-audio-only", "chromium-datachannel",
                             "firefox-datachannel", "chromium-recvonly", "firefox-recvonly"}) {
        INFO(name);
        CHECK(kindOf(sample::offer(name)) == Kind::Unusable);
    }
    CHECK(kindOf(sample::replaced(chromium, "a=sendonly", "a=inactive")) == Kind::Unusable);
    CHECK(kindOf(sample::replaced(chromium, "UDP/TLS/RTP/SAVPF", "RTP/AVP")) == Kind::Unusable);
    CHECK(kindOf(sample::replaced(chromium, "m=audio", "m=text")) == Kind::Unusable);
    CHECK(kindOf("v=0\r\no=- 1 2 IN IP4 ::1\r\ns=-\r\nt=0 0\r\n") == Kind::Unusable);
    CHECK(kindOf(sample::replaced(chromium, "m=video 50651", "m=video 0")) == Kind::Unusable);
}

TEST_CASE("A data channel alone is unusable") {
    std::string text = sample::offer("chromium-datachannel");
    text.erase(text.find("m=audio"), text.find("m=application") - text.find("m=audio"));
    text = sample::replaced(text, "BUNDLE 0 1 2", "BUNDLE 2");
    CHECK(refused(text).reason == "data channels are not taken: offer audio and video only");
}

TEST_CASE("A broadcast is one stream of one video and one audio") {
    std::string second = chromium.substr(chromium.find("m=video"));
    second = sample::replaced(second, "a=mid:1", "a=mid:2");
    const std::string two = sample::replaced(chromium, "BUNDLE 0 1", "BUNDLE 0 1 2") + second;
    const Refusal refusal = refused(two);
    CHECK(refusal.kind == Kind::Unusable);
    CHECK(refusal.line == 170);
    CHECK(sample::has(refusal.reason, "more than one video track"));
    CHECK(kindOf(sample::replaced(chromium, "a=msid:add017d6-8fa3-4f49-b289-acfdcf5ea39a 1c25bb7b",
                                  "a=msid:another 1c25bb7b")) == Kind::Unusable);
}

TEST_CASE("No common codec names those offered and those taken") {
    const Refusal refusal = refused(sample::offer("chromium-vp9-only"));
    CHECK(refusal.kind == Kind::Unusable);
    CHECK(refusal.reason == "no video codec in common: offered VP9; accepted VP8, H264 "
                            "(constrained baseline such as profile-level-id 42e01f, "
                            "packetization-mode 1)");
    const Refusal audio = refused(sample::replaced(chromium, "opus/48000/2", "speex/16000"));
    CHECK(audio.kind == Kind::Unusable);
    CHECK(audio.reason == "no audio codec in common: offered speex, red, G722, PCMU, PCMA, CN, "
                          "telephone-event; accepted opus/48000/2");
    const Refusal h264 =
        refused(sample::replaced(sample::offer("chromium-h264-only"), "42e01f", "64001f"));
    CHECK(sample::has(h264.reason, "H264 (profile-level-id 64001f, packetization-mode 1)"));
}
