#include "sdp/publish_offer.h"

#include "sample.h"

#include <catch2/catch.hpp>

using namespace sdp;

namespace {

PublishOffer taken(const std::string& text) {
    auto offer = PublishOffer::parse(text);
    if (!offer)
        FAIL("line " << offer.error().line << ": " << offer.error().reason);
    return *std::move(offer);
}

PublishOffer takenFile(const std::string& name) {
    INFO(name);
    return taken(sample::offer(name));
}

} // namespace

TEST_CASE("Chromium's offer is reduced to VP8 and Opus") {
    const PublishOffer offer = takenFile("chromium-camera");
    CHECK(offer.bundle == std::vector<std::string>{"0", "1"});
    CHECK(offer.video.index == 1);
    CHECK(offer.video.mid == "1");
    CHECK(offer.video.codec == Codec::Vp8);
    CHECK(offer.video.payloadType == 96);
    CHECK(offer.video.rtxPayloadType == 97);
    CHECK(offer.video.transportCcId == 3);
    CHECK(offer.video.midId == 4);
    CHECK(offer.video.fmtp.empty());
    CHECK(offer.video.feedback ==
          std::vector<std::string>{"nack", "nack pli", "ccm fir", "transport-cc"});
    CHECK(offer.video.sources.size() == 3);
    REQUIRE(offer.audio);
    CHECK(offer.audio->codec == Codec::Opus);
    CHECK(offer.audio->payloadType == 111);
    CHECK(offer.audio->clockRate == 48000);
    CHECK(offer.audio->channels == 2);
    CHECK(offer.audio->fmtp == "minptime=10;useinbandfec=1");
    CHECK(offer.audio->feedback == std::vector<std::string>{"transport-cc"});
    CHECK_FALSE(offer.audio->rtxPayloadType);
    CHECK(offer.transport.ufrag == "O3eL");
    CHECK(offer.transport.fingerprint.size() == 95);
    CHECK_FALSE(offer.transport.active);
    CHECK(offer.transport.candidates.size() == 2); // of four: no TCP
    CHECK(offer.tracks().front() == &*offer.audio);
}

TEST_CASE("Firefox's offer, with a session-level fingerprint and .local candidates") {
    const PublishOffer offer = takenFile("firefox-camera");
    CHECK(offer.video.payloadType == 120);
    CHECK(offer.video.rtxPayloadType == 124);
    CHECK(offer.video.transportCcId == 7);
    CHECK(offer.video.midId == 3);
    CHECK(offer.audio->payloadType == 109);
    CHECK(offer.audio->fmtp == "useinbandfec=1");
    CHECK_FALSE(offer.audio->rtcpRsize);
    CHECK(offer.video.rtcpRsize);
    CHECK(offer.transport.fingerprint.starts_with("88:2C:"));
    CHECK(offer.transport.candidates.empty());
}

TEST_CASE("Offers of other shapes are taken") {
    for (const auto* name : {"chromium-max-bundle", "chromium-sendrecv", "chromium-simulcast",
                             "firefox-max-bundle", "firefox-sendrecv", "firefox-simulcast"})
        CHECK(takenFile(name).audio);
    CHECK_FALSE(takenFile("chromium-video-only").audio);
    CHECK_FALSE(takenFile("firefox-video-only").audio);
    CHECK(takenFile("webrtcbin-vp8").video.codec == Codec::Vp8);
    CHECK(takenFile("session-level").transport.ufrag == "E++p");
}

TEST_CASE("webrtcbin offers names for mids, bundle-only audio and no header extensions") {
    const PublishOffer offer = takenFile("webrtcbin-h264");
    CHECK(offer.video.mid == "video0");
    CHECK(offer.video.codec == Codec::H264);
    CHECK(offer.video.fmtp ==
          "level-asymmetry-allowed=1;packetization-mode=1;profile-level-id=42c01e");
    CHECK(offer.video.rtcpMuxOnly);
    CHECK_FALSE(offer.video.transportCcId);
    CHECK(offer.video.feedback == std::vector<std::string>{"nack pli", "ccm fir"});
    CHECK(offer.audio->index == 1);
    CHECK(offer.transport.candidates.size() == 2); // without TCP and fe80
}

TEST_CASE("The first of VP8 and H.264 in the offer's order is taken") {
    const std::string text = sample::offer("chromium-camera");
    const auto ordered = [&](const std::string& formats) {
        return taken(sample::replaced(text, "SAVPF 96 97 102 103 104 107 108 109",
                                      "SAVPF " + formats))
            .video;
    };
    CHECK(takenFile("chromium-h264-only").video.payloadType == 108); // not 102, 42001f
    CHECK(ordered("108 109 96 97 102 103").payloadType == 108);
    CHECK(ordered("108 109 96 97 102 103").rtxPayloadType == 109);
    CHECK(ordered("102 103 96 97 108 109").payloadType == 96);
    CHECK(ordered("104 107 102 103 96 108").codec == Codec::Vp8);
    CHECK_FALSE(ordered("104 107 102 103 96 108").rtxPayloadType);
}

TEST_CASE("H.264 is taken as constrained baseline in mode 1") {
    const auto codec = [](const std::string& fmtp) {
        const std::string text = sample::offer("chromium-h264-only");
        const std::string line = "a=fmtp:108 level-asymmetry-allowed=1;packetization-mode=1;"
                                 "profile-level-id=42e01f";
        const auto offer = PublishOffer::parse(sample::replaced(text, line, "a=fmtp:108 " + fmtp));
        return offer && offer->video.payloadType == 108;
    };
    CHECK(codec("packetization-mode=1;profile-level-id=42e01f"));
    CHECK(codec("profile-level-id=42E034; packetization-mode=1"));
    CHECK(codec("Packetization-Mode=1;profile-level-id=42c00a"));
    CHECK(codec("packetization-mode=1;profile-level-id=4de01f"));
    CHECK(codec("packetization-mode=1"));
    CHECK_FALSE(codec("packetization-mode=0;profile-level-id=42e01f"));
    CHECK_FALSE(codec("profile-level-id=42e01f"));
    CHECK_FALSE(codec("packetization-mode=1;profile-level-id=42001f"));
    CHECK_FALSE(codec("packetization-mode=1;profile-level-id=4d001f"));
    CHECK_FALSE(codec("packetization-mode=1;profile-level-id=640c1f"));
    CHECK_FALSE(codec("packetization-mode=1;profile-level-id=42e0"));
    CHECK_FALSE(codec("packetization-mode=1;profile-level-id=42e0zz"));
}

TEST_CASE("Feedback for all formats and setup:active are understood") {
    const std::string text = sample::offer("chromium-camera");
    const std::string starred = sample::with(sample::without(text, "a=rtcp-fb:"), "a=rtpmap:96",
                                             "a=rtcp-fb:* nack pli\r\n");
    CHECK(taken(starred).video.feedback == std::vector<std::string>{"nack pli"});
    CHECK(taken(sample::replaced(text, "a=setup:actpass", "a=setup:active")).transport.active);
    CHECK(taken(sample::replaced(text, "\r\n", "\n")).video.payloadType == 96);
    CHECK(taken(sample::replaced(text, "VP8/90000", "vp8/90000")).video.payloadType == 96);
}

TEST_CASE("One m= line needs no BUNDLE group") {
    const PublishOffer offer =
        taken(sample::without(sample::offer("chromium-video-only"), "a=group:"));
    CHECK(offer.bundle.empty());
    CHECK(offer.transport.candidates.size() == 2);
}
