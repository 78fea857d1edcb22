#include "interface.h"

#include "gateway/api/json.h"

using namespace std::chrono_literals;
using base::Problem;
using routed::header;

TEST_CASE("streams, listed and one by one") {
    Interface interface;
    CHECK(interface.text("/api/v1/streams") == R"({"streams":[]})");
    CHECK(interface.ask("GET", "/api/v1/streams/demo").status == 404);
    interface.bringLive("demo");
    const std::string one = interface.text("/api/v1/streams/demo");
    CHECK(one.starts_with(R"({"stream":"demo","state":"live","start":"20)"));
    CHECK(holds(one, R"("video":{"codec":"H.264","width":1280,"height":720,"frame_rate":30,)"
                     R"("codecs":"avc1.42c01f","source":"VP8","passthrough":false})"));
    CHECK(holds(
        one,
        R"("audio":{"codec":"AAC","rate":48000,"channels":2,"codecs":"mp4a.40.2","source":null})"));
    CHECK(
        holds(one, R"({"id":"hls","type":"hls","state":"running","url":"/live/demo/index.m3u8"})"));
    CHECK(holds(one, R"("sdp":"/live/demo/stream.sdp")"));
    CHECK(holds(one, R"({"id":"mp4","type":"mp4","state":"running","recording":"demo-1"})"));
    CHECK_FALSE(holds(one, "session"));
    CHECK(interface.text("/api/v1/streams") == "{\"streams\":[" + one + "]}");

    CHECK(interface.ask("DELETE", "/api/v1/streams/demo").status == 204);
    REQUIRE(interface.waitForEnd("demo", 2s));
    CHECK(interface.ask("DELETE", "/api/v1/streams/demo").status == 404);
}

TEST_CASE("nothing is made up about a stream that begins") {
    Interface interface;
    interface.bring("absent", streams::StreamState::Connecting);
    const std::string one = interface.text("/api/v1/streams/absent");
    CHECK(holds(
        one,
        R"("state":"connecting","start":null,"take":0,"video":null,"audio":null,"outputs":[])"));
}

TEST_CASE("receivers are added and removed") {
    Interface interface;
    interface.bringLive("demo");
    const std::string place = "/api/v1/streams/demo/outputs";
    const std::string body = R"({"type":"rtp","host":"127.0.0.1","port":40000})";
    CHECK(interface.ask("POST", place, {{"content-type", "text/plain"}}, body).status == 415);
    CHECK(interface.ask("POST", place, {}, body).status == 415);
    const auto post = [&](const std::string& json) {
        return interface.ask("POST", place, {{"content-type", "application/json"}}, json);
    };
    const auto made = post(body);
    CHECK(made.status == 201);
    CHECK(header(made, "Location") == place + "/r1");
    CHECK(routed::textOf(made) ==
          R"({"id":"r1","type":"rtp","state":"starting","host":"127.0.0.1",)"
          R"("port":40000,"audio_port":40002,"sdp":")" +
              place + R"(/r1.sdp"})");
    CHECK(holds(interface.text(place), R"({"id":"r1",)"));
    CHECK(interface.ask("GET", place + "/r1").status == 200);
    const auto sdp = interface.ask("GET", place + "/r1.sdp");
    CHECK(header(sdp, "Content-Type") == "application/sdp");
    CHECK(holds(routed::textOf(sdp), "m=video 40000 RTP/AVP 96"));
    CHECK(interface.ask("GET", place + "/hls.sdp").status == 404);
    CHECK(interface.ask("DELETE", place + "/r1").status == 204);
    CHECK(interface.ask("DELETE", place + "/r1").status == 404);
    CHECK(interface.ask("DELETE", place + "/hls").status == 409);
    CHECK(interface.ask("GET", place + "/r1.sdp").status == 404);

    CHECK(post("[[[[").status == 400);
    CHECK(post(R"({"type":"rtp","host":"192.0.2.1","port":40000})").status == 403);
    CHECK(post(R"({"type":"rtp","host":"127.0.0.1","port":80})").status == 422);
    CHECK(post(R"({"type":"hls","host":"127.0.0.1","port":40000})").status == 422);
    CHECK(interface.ask("POST", "/api/v1/streams/none/outputs", {{"content-type", "application/json"}}, body).status == 404);
}

TEST_CASE("a receiver's JSON") {
    const auto good = api::readReceiver(R"( {"port":5004,"type":"ts","host":"::1"} )");
    REQUIRE(good);
    CHECK(good->type == streams::OutputType::Ts);
    CHECK(good->port == 5004);
    for (const std::string& bad :
         {std::string(), std::string("null"), std::string("[]"), std::string("{}"),
          std::string("{"), std::string(R"({"type":"rtp","host":"::1"})"),
          std::string(R"({"type":"rtp","host":"::1","port":"5004"})"),
          std::string(R"({"type":"rtp","host":"::1","port":5004.5})"),
          std::string(R"({"type":1,"host":"::1","port":5004})"),
          std::string(R"({"type":"rtp","host":"::1","port":5004,"ttl":255})"),
          std::string(1024, '['), std::string("\xff\xfe")}) {
        const auto read = api::readReceiver(bad);
        REQUIRE_FALSE(read);
        CHECK(read.error().problem == Problem::Malformed);
    }
    CHECK(api::readReceiver(R"({"type":"rtp","host":"::1","port":99999999999})")->port == 0);
}
