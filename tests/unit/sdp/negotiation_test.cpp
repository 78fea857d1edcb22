#include "sdp/negotiation.h"

#include "sample.h"

#include <catch2/catch.hpp>

using namespace sdp;

namespace {

PublishOffer offerIn(const std::string& text) {
    auto offer = PublishOffer::parse(text);
    REQUIRE(offer);
    return *std::move(offer);
}

SessionDescription answerIn(const std::string& name) {
    auto answer = SessionDescription::parse(sample::read("answers/" + name + ".sdp"));
    REQUIRE(answer);
    return *std::move(answer);
}

std::string finished(const std::string& name, int startBitrate = 1500) {
    const auto answer =
        finishAnswer(answerIn(name), offerIn(sample::offer(name)), {.startBitrate = startBitrate});
    REQUIRE(answer);
    return answer->print();
}

} // namespace

TEST_CASE("The peer sees one format for each track and one transport") {
    const std::string text = offerForPeer(offerIn(sample::offer("chromium-simulcast"))).print();
    for (const auto* gone : {"a=rid", "simulcast", "rtp-stream-id", "video-orientation",
                             "goog-remb", "red", "ulpfec", "H264", "AV1", "PCMU", " tcp ", "msid",
                             "actpass", "abs-send-time", "extmap-allow-mixed"}) {
        INFO(gone);
        CHECK_FALSE(sample::has(text, gone));
    }
    CHECK(sample::has(text, "a=group:BUNDLE 0 1\r\n"));
    CHECK(sample::has(text, "m=audio 9 UDP/TLS/RTP/SAVPF 111\r\n"));
    CHECK(sample::has(text, "m=video 9 UDP/TLS/RTP/SAVPF 96 97\r\n"));
    CHECK(sample::has(text, "a=fmtp:97 apt=96\r\n"));
    CHECK(sample::has(text, "a=setup:active\r\n"));
    CHECK(sample::has(text, "a=extmap:3 http://www.ietf.org/id/draft-holmer-rmcat-transport-wide-"
                            "cc-extensions-01\r\n"));
}

TEST_CASE("What the peer sees is an offer that asks for the same") {
    for (const auto* name : {"chromium-camera", "chromium-h264-only", "chromium-max-bundle",
                             "chromium-video-only", "firefox-camera", "firefox-max-bundle",
                             "session-level", "webrtcbin-h264", "webrtcbin-vp8"}) {
        INFO(name);
        const PublishOffer offer = offerIn(sample::offer(name));
        const std::string text = offerForPeer(offer).print();
        const PublishOffer again = offerIn(text);
        CHECK(offerForPeer(again).print() == text);
        CHECK(again.video.payloadType == offer.video.payloadType);
        CHECK(again.video.rtxPayloadType == offer.video.rtxPayloadType);
        CHECK(again.video.fmtp == offer.video.fmtp);
        CHECK(again.video.feedback == offer.video.feedback);
        CHECK(again.video.index == offer.video.index);
        CHECK(again.audio.has_value() == offer.audio.has_value());
        CHECK(again.transport.fingerprint == offer.transport.fingerprint);
        CHECK(again.transport.candidates.size() == offer.transport.candidates.size());
    }
}

TEST_CASE("The finished answer to Chromium, word for word") {
    CHECK(finished("chromium-camera") == sample::read("answers/chromium-camera-finished.sdp"));
}

TEST_CASE("A finished answer has what WHIP asks for in each m= line") {
    for (const auto* name : {"chromium-camera", "chromium-h264-only", "chromium-video-only",
                             "firefox-max-bundle", "webrtcbin-h264"}) {
        INFO(name);
        const auto answer = SessionDescription::parse(finished(name));
        REQUIRE(answer);
        const PublishOffer offer = offerIn(sample::offer(name));
        CHECK(answer->attributes.has("group"));
        int ends = 0;
        for (const OfferedTrack* track : offer.tracks()) {
            const MediaDescription& media = answer->media.at(track->index);
            CHECK(media.port == 9);
            CHECK(media.protocol == track->protocol);
            CHECK(media.attributes.find("mid")->text() == track->mid);
            CHECK(media.attributes.find("setup")->text() == "passive");
            CHECK(media.attributes.has("recvonly"));
            CHECK(media.attributes.has("rtcp-mux"));
            CHECK(media.attributes.has("rtcp-mux-only") == track->rtcpMuxOnly);
            CHECK(media.attributes.has("rtcp-rsize") == track->rtcpRsize);
            CHECK(media.attributes.has("fingerprint"));
            CHECK_FALSE(media.attributes.has("ssrc"));
            ends += media.attributes.has("end-of-candidates");
        }
        CHECK(ends == 1);
        const std::string text = answer->print();
        CHECK(sample::has(text, "a=candidate:1 1 udp 2015363327 192.0.2.2"));
        CHECK_FALSE(sample::has(text, "fe80"));
        CHECK_FALSE(sample::has(text, "tcptype"));
    }
}

TEST_CASE("H.264 keeps its profile, and the start bitrate may be left out") {
    CHECK(sample::has(finished("chromium-h264-only", 2000),
                      "a=fmtp:108 level-asymmetry-allowed=1;packetization-mode=1;"
                      "profile-level-id=42e01f;x-google-start-bitrate=2000\r\n"));
    CHECK_FALSE(sample::has(finished("chromium-camera", 0), "a=fmtp:96"));
}

TEST_CASE("The answer names the protocol that was offered") {
    const std::string text =
        sample::replaced(sample::offer("chromium-camera"), "UDP/TLS/RTP/SAVPF", "RTP/SAVPF");
    const auto answer = finishAnswer(answerIn("chromium-camera"), offerIn(text), {});
    REQUIRE(answer);
    CHECK(answer->media[0].protocol == "RTP/SAVPF");
}

TEST_CASE("An answer that doesn't take the whole offer is an error") {
    const PublishOffer offer = offerIn(sample::offer("chromium-camera"));
    const auto changed = [&](const std::string& from, const std::string& to) {
        const std::string text = sample::read("answers/chromium-camera.sdp");
        const auto answer = SessionDescription::parse(sample::replaced(text, from, to));
        REQUIRE(answer);
        return finishAnswer(*answer, offer, {});
    };
    CHECK_FALSE(changed("m=video 9", "m=video 0"));
    CHECK_FALSE(changed("a=recvonly", "a=inactive"));
    CHECK_FALSE(changed("a=setup:passive", "a=setup:active"));
    CHECK_FALSE(changed("SAVPF 96 97", "SAVPF 98"));
    CHECK(changed("a=mid:1", "a=mid:2").error().reason == "m=video of the answer: another mid");
    CHECK_FALSE(finishAnswer(answerIn("chromium-video-only"), offer, {}));
}

TEST_CASE("Behind a 1:1 NAT host candidates carry the public address, and keep their ports") {
    const std::string text =
        sample::replaced(sample::read("answers/chromium-camera.sdp"), "a=rtcp-mux\r\n",
                         "a=rtcp-mux\r\n"
                         "a=candidate:21 1 UDP 2015363583 10.0.0.5 40001 typ host\r\n"
                         "a=candidate:22 1 UDP 2015363582 2001:db8::5 40002 typ host\r\n"
                         "a=candidate:23 1 UDP 2015363581 127.0.0.1 40003 typ host\r\n"
                         "a=candidate:24 1 UDP 2015363580 127.77.8.9 40004 typ host\r\n"
                         "a=candidate:25 1 UDP 2015363579 ::1 40005 typ host\r\n"
                         "a=candidate:26 1 UDP 1015363579 192.0.2.77 40006 typ relay raddr "
                         "10.0.0.5 rport 40001\r\n");
    const auto answer = SessionDescription::parse(text);
    REQUIRE(answer);
    const PublishOffer offer = offerIn(sample::offer("chromium-camera"));
    const auto finishedWith = [&](const AnswerOptions& options) {
        const auto result = finishAnswer(*answer, offer, options);
        REQUIRE(result);
        CHECK(hasCandidates(*result));
        return result->print();
    };
    SECTION("of IPv4") {
        const std::string with =
            finishedWith({.publicAddress = "203.0.113.7", .lastAddress = "127.77.8.9"});
        CHECK(sample::has(with, "a=candidate:21 1 udp 2015363583 203.0.113.7 40001 typ host\r\n"));
        CHECK(sample::has(with, "a=candidate:22 1 udp 2015363582 2001:db8::5 40002 typ host\r\n"));
        CHECK(sample::has(with, "a=candidate:23 1 udp 2015363581 127.0.0.1 40003 typ host\r\n"));
        CHECK(sample::has(with, "a=candidate:24 1 udp 255 127.77.8.9 40004 typ host\r\n"));
        CHECK(sample::has(with, " 192.0.2.77 40006 typ relay "));
    }
    SECTION("of IPv6") {
        const std::string with = finishedWith({.publicAddress = "2001:db8:1::7"});
        CHECK(sample::has(with, " 10.0.0.5 40001 typ host\r\n"));
        CHECK(sample::has(with, " 2001:db8:1::7 40002 typ host\r\n"));
        CHECK(sample::has(with, " ::1 40005 typ host\r\n"));
    }
    SECTION("the last one may be called otherwise") {
        AnswerOptions options{.lastAddress = "127.77.8.9", .lastAlias = "198.51.100.9"};
        const std::string elsewhere = finishedWith(options);
        CHECK(sample::has(elsewhere, "a=candidate:24 1 udp 255 198.51.100.9 40004 typ host\r\n"));
        CHECK_FALSE(sample::has(elsewhere, "127.77.8.9"));
        options.loopback = true;
        const std::string here = finishedWith(options);
        CHECK(sample::has(here, "a=candidate:24 1 udp 255 127.77.8.9 40004 typ host\r\n"));
        CHECK(sample::has(here, "a=candidate:24 1 udp 255 198.51.100.9 40004 typ host\r\n"));
    }
    SECTION("without one nothing changes but the last") {
        const std::string with = finishedWith({.lastAddress = "127.77.8.9"});
        CHECK(sample::has(with, " 2015363583 10.0.0.5 40001 typ host\r\n"));
        CHECK(sample::has(with, " 255 127.77.8.9 40004 typ host\r\n"));
        CHECK(sample::has(finishedWith({}), " 2015363580 127.77.8.9 40004 typ host\r\n"));
    }
}

TEST_CASE("An answer without candidates is told apart") {
    const auto answer = SessionDescription::parse(sample::read("answers/chromium-camera.sdp"));
    REQUIRE(answer);
    SessionDescription bare = *answer;
    for (MediaDescription& media : bare.media)
        std::erase_if(media.attributes,
                      [](const Attribute& attribute) { return attribute.name == "candidate"; });
    const PublishOffer offer = offerIn(sample::offer("chromium-camera"));
    CHECK(hasCandidates(*finishAnswer(*answer, offer, {})));
    CHECK_FALSE(hasCandidates(*finishAnswer(bare, offer, {})));
}
