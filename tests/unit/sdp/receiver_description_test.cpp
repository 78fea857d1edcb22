#include "sdp/receiver_description.h"

#include "sdp/session_description.h"

#include <catch2/catch.hpp>

using namespace sdp;

namespace {

const ReceiverSession local{.id = 3976112300,
                            .version = 2,
                            .originAddress = "127.0.0.1",
                            .name = "demo",
                            .destination = "127.0.0.1"};
const H264Stream video{.port = 20000,
                       .sps = {0x67, 0x42, 0xc0, 0x1f, 0xd9, 0x00, 0x50, 0x05, 0xbb},
                       .pps = {0x68, 0xcb, 0x83, 0xcb, 0x20},
                       .bitrate = 2500};
const AacStream audio{.port = 20002, .config = {0x11, 0x90}, .bitrate = 128};

} // namespace

TEST_CASE("stream.sdp, word for word") {
    CHECK(describe(local, video, audio) ==
          "v=0\r\n"
          "o=- 3976112300 2 IN IP4 127.0.0.1\r\n"
          "s=demo\r\n"
          "c=IN IP4 127.0.0.1\r\n"
          "t=0 0\r\n"
          "m=video 20000 RTP/AVP 96\r\n"
          "b=AS:2500\r\n"
          "a=rtpmap:96 H264/90000\r\n"
          "a=fmtp:96 packetization-mode=1;profile-level-id=42c01f;"
          "sprop-parameter-sets=Z0LAH9kAUAW7,aMuDyyA=\r\n"
          "a=recvonly\r\n"
          "m=audio 20002 RTP/AVP 97\r\n"
          "b=AS:128\r\n"
          "a=rtpmap:97 MPEG4-GENERIC/48000/2\r\n"
          "a=fmtp:97 streamtype=5;profile-level-id=1;mode=AAC-hbr;sizelength=13;indexlength=3;"
          "indexdeltalength=3;config=1190\r\n"
          "a=recvonly\r\n");
}

TEST_CASE("ts.sdp to a multicast group of one source, word for word") {
    ReceiverSession group = local;
    group.originAddress = "192.0.2.5";
    group.destination = "239.1.2.3";
    group.ttl = 4;
    group.source = "192.0.2.5";
    CHECK(describe(group, TransportStream{.port = 20004, .bitrate = 3000}) ==
          "v=0\r\n"
          "o=- 3976112300 2 IN IP4 192.0.2.5\r\n"
          "s=demo\r\n"
          "c=IN IP4 239.1.2.3/4\r\n"
          "t=0 0\r\n"
          "a=source-filter: incl IN IP4 239.1.2.3 192.0.2.5\r\n"
          "m=video 20004 RTP/AVP 33\r\n"
          "b=AS:3000\r\n"
          "a=rtpmap:33 MP2T/90000\r\n"
          "a=recvonly\r\n");
}

TEST_CASE("IPv6 has no TTL, and a receiver no source filter") {
    ReceiverSession session = local;
    session.originAddress = "2001:db8::1";
    session.destination = "ff15::1";
    const auto group = SessionDescription::parse(*describe(session, TransportStream{.port = 2000}));
    REQUIRE(group);
    CHECK(group->origin.addressType == "IP6");
    CHECK(group->fields[0].value == "IN IP6 ff15::1");
    CHECK(group->media[0].fields.empty());

    session.destination = "2001:db8::2";
    session.source = "2001:db8::1";
    const auto receiver =
        SessionDescription::parse(*describe(session, TransportStream{.port = 2000}));
    CHECK(receiver->attributes.empty());
}

TEST_CASE("A name can't break the description") {
    ReceiverSession session = local;
    for (const auto* name : {"", "  ", "a\r\na=evil", "\xff"}) {
        session.name = name;
        CHECK(SessionDescription::parse(*describe(session, video, audio))->name == "Spillway");
    }
}

TEST_CASE("Nothing is described before its parameters are known") {
    const auto with = [](auto change) {
        ReceiverSession session = local;
        H264Stream picture = video;
        AacStream sound = audio;
        change(session, picture, sound);
        return describe(session, picture, sound).has_value();
    };
    CHECK(with([](auto&, auto&, auto&) {}));
    CHECK_FALSE(with([](auto&, auto& picture, auto&) { picture.sps.clear(); }));
    CHECK_FALSE(with([](auto&, auto& picture, auto&) { picture.sps[0] = 0x68; }));
    CHECK_FALSE(with([](auto&, auto& picture, auto&) { picture.pps.clear(); }));
    CHECK_FALSE(with([](auto&, auto&, auto& sound) { sound.config.clear(); }));
    CHECK_FALSE(with([](auto&, auto& picture, auto&) { picture.port = 20001; }));
    CHECK_FALSE(with([](auto&, auto&, auto& sound) { sound.port = 0; }));
    CHECK_FALSE(with([](auto& session, auto&, auto&) { session.destination = "example.org"; }));
    CHECK_FALSE(with([](auto& session, auto&, auto&) { session.originAddress.clear(); }));
}

TEST_CASE("Codec strings are those of the bytes") {
    CHECK(avcCodec(video.sps) == "avc1.42c01f");
    CHECK_FALSE(avcCodec({0x67, 0x42, 0xc0}));
    CHECK_FALSE(avcCodec(video.pps));
    CHECK(aacCodec({0x11, 0x90}) == "mp4a.40.2");
    CHECK(aacCodec({0x2b, 0x92}) == "mp4a.40.5");
    CHECK(aacCodec({0xf9, 0x40}) == "mp4a.40.42");
    CHECK_FALSE(aacCodec({}));
}
