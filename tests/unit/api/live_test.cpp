#include "interface.h"

using namespace std::chrono_literals;
using routed::header;
using streams::StreamState;

TEST_CASE("what is not live is not found, what begins is asked for again") {
    Interface interface;
    for (const char* file :
         {"index.m3u8", "media.m3u8", "stream.sdp", "ts.sdp", "vlc.m3u", "x-1.ts"}) {
        CHECK(interface.ask("GET", std::string("/live/demo/") + file).status == 404);
    }
    interface.bring("absent", StreamState::Connecting);
    for (const char* file : {"index.m3u8", "media.m3u8", "stream.sdp", "ts.sdp", "vlc.m3u"}) {
        const auto reply = interface.ask("GET", std::string("/live/absent/") + file);
        CHECK(reply.status == 503);
        CHECK_FALSE(header(reply, "Retry-After").empty());
    }
}

TEST_CASE("playlists and segments") {
    Interface interface;
    interface.bringLive("demo");
    const auto index = interface.ask("GET", "/live/demo/index.m3u8?token=a/b");
    CHECK(index.status == 200);
    CHECK(header(index, "Content-Type") == "application/vnd.apple.mpegurl");
    CHECK(header(index, "Cache-Control") == "no-cache");
    CHECK(holds(routed::textOf(index), "media.m3u8?token=a%2Fb\n"));
    const std::string media = interface.text("/live/demo/media.m3u8");
    const auto begin = media.find("\np") + 1;
    const std::string name = media.substr(begin, media.find(".ts", begin) + 3 - begin);
    const auto segment = interface.ask("GET", "/live/demo/" + name);
    CHECK(segment.status == 200);
    CHECK(header(segment, "Content-Type") == "video/mp2t");
    CHECK(holds(header(segment, "Cache-Control"), "immutable"));
    CHECK(std::get<http::FileBody>(segment.body).path == interface.folder + "/run/demo/" + name);
    CHECK(interface.ask("GET", "/live/other/" + name).status == 404);
    CHECK(interface.ask("GET", "/live/demo/" + name + ".ts").status == 404);

    REQUIRE(interface.registry->remove("demo", "asked for"));
    REQUIRE(interface.waitForEnd("demo", 2s));
    CHECK(holds(interface.text("/live/demo/media.m3u8"), "#EXT-X-ENDLIST"));
    CHECK(interface.ask("GET", "/live/demo/stream.sdp").status == 404);
}

TEST_CASE("session descriptions") {
    Interface interface;
    interface.bringLive("demo");
    const auto outputs = interface.registry->find("demo")->outputs;
    const auto rtp = interface.ask("GET", "/live/demo/stream.sdp");
    CHECK(rtp.status == 200);
    CHECK(header(rtp, "Content-Type") == "application/sdp");
    CHECK(header(rtp, "Content-Disposition") == "attachment; filename=\"demo.sdp\"");
    const std::string text = routed::textOf(rtp);
    CHECK(holds(text, "c=IN IP4 127.0.0.1\r\n"));
    CHECK(holds(text, "m=video " + std::to_string(outputs[1].port) + " RTP/AVP 96\r\n"));
    CHECK(holds(text, "m=audio " + std::to_string(outputs[1].audioPort) + " RTP/AVP 97\r\n"));
    CHECK(holds(interface.text("/live/demo/ts.sdp"),
                "m=video " + std::to_string(outputs[2].port) + " RTP/AVP 33"));
    CHECK(interface.text("/live/demo/vlc.m3u") ==
          "#EXTM3U\n#EXTINF:-1,demo\nrtp://@127.0.0.1:" + std::to_string(outputs[2].port) + "\n");
}

TEST_CASE("RTP to loopback is no use to a player elsewhere, and that is said") {
    Interface interface;
    interface.bringLive("demo");
    for (const char* file : {"/live/demo/stream.sdp", "/live/demo/ts.sdp"}) {
        const auto reply = interface.fromElsewhere(file);
        CHECK(reply.status == 409);
        CHECK(holds(routed::textOf(reply), "[rtp] destination"));
    }
    CHECK(routed::textOf(interface.fromElsewhere("/live/demo/vlc.m3u")) ==
          "#EXTM3U\n#EXTINF:-1,demo\nhttp://camera.example:8080/live/demo/index.m3u8\n");
    CHECK(interface.fromElsewhere("/live/demo/index.m3u8").status == 200);
}
