#include "samples.h"

#include <catch2/catch.hpp>
#include <set>

using namespace std::chrono_literals;
using control::readFromPipeline;
using control::readToPipeline;

namespace {

/// The message after a journey over the line.
template <class T>
T journey(const control::ToPipeline& message) {
    const auto read = readToPipeline(control::print(message));
    REQUIRE(read.has_value());
    REQUIRE(std::holds_alternative<T>(*read));
    return std::get<T>(*read);
}
template <class T>
T journey(const control::FromPipeline& message) {
    const auto read = readFromPipeline(control::print(message));
    REQUIRE(read.has_value());
    REQUIRE(std::holds_alternative<T>(*read));
    return std::get<T>(*read);
}

} // namespace

TEST_CASE("every message to a pipeline arrives as it was sent") {
    std::set<std::size_t> kinds;
    for (const control::ToPipeline& message : samples::toPipeline()) {
        const std::string line = control::print(message);
        INFO(line);
        CHECK(line.find('\n') == std::string::npos);
        const auto read = readToPipeline(line);
        REQUIRE(read.has_value());
        CHECK(read->index() == message.index());
        CHECK(control::print(*read) == line);
        CHECK_FALSE(readFromPipeline(line).has_value());
        kinds.insert(message.index());
    }
    CHECK(kinds.size() == std::variant_size_v<control::ToPipeline>);
}

TEST_CASE("every message from a pipeline arrives as it was sent") {
    std::set<std::size_t> kinds;
    for (const control::FromPipeline& message : samples::fromPipeline()) {
        const std::string line = control::print(message);
        INFO(line);
        CHECK(line.find('\n') == std::string::npos);
        const auto read = readFromPipeline(line);
        REQUIRE(read.has_value());
        CHECK(read->index() == message.index());
        CHECK(control::print(*read) == line);
        CHECK_FALSE(readToPipeline(line).has_value());
        kinds.insert(message.index());
    }
    CHECK(kinds.size() == std::variant_size_v<control::FromPipeline>);
}

TEST_CASE("publish keeps all that it says") {
    const auto message = journey<control::Publish>(samples::toPipeline()[0]);
    CHECK(message.session == "s1");
    CHECK(message.stream == "demo");
    CHECK(message.take == 7);
    CHECK(message.offer.find("\"quoted\\back\" ü 東\r\n") != std::string::npos);
    CHECK(message.video.minHeight == 480);
    CHECK(message.video.frameRate == 25);
    CHECK(message.video.preset == "ultrafast");
    CHECK(message.video.bitrate == base::Bitrate::kilobits(900));
    CHECK(message.video.gop == 2000ms);
    CHECK(message.audio.bitrate == base::Bitrate::kilobits(96));
    CHECK(message.loopback);
    CHECK(message.ice.firstPort == 40000);
    CHECK(message.ice.lastPort == 40099);
    CHECK(message.ice.interfaces == std::vector<std::string>{"eth0", "2001:db8::1"});
    CHECK_FALSE(message.ice.ipv6);
    CHECK(message.ice.publicAddress == "203.0.113.7");
    CHECK(message.ice.mediaAddress == "127.77.8.9");
    CHECK(message.ice.mediaAlias == "198.51.100.9");
    CHECK(message.ice.relays ==
          std::vector<std::string>{"turn://1%3Aa:b%2F%3D@192.0.2.1:3478?transport=tcp"});
    CHECK(message.replaces == "s0");
}

TEST_CASE("what publish does not say has its default") {
    const auto read =
        readToPipeline(R"({"type":"publish","session":"a","stream":"b","offer":"c"})");
    REQUIRE(read.has_value());
    const auto& message = std::get<control::Publish>(*read);
    CHECK(message.take == 0);
    CHECK(message.video.minHeight == 720);
    CHECK(message.video.frameRate == 30);
    CHECK(message.video.preset == "veryfast");
    CHECK(message.video.bitrate == base::Bitrate::kilobits(2500));
    CHECK(message.video.gop == 1s);
    CHECK(message.audio.bitrate == base::Bitrate::kilobits(128));
    CHECK_FALSE(message.loopback);
    CHECK(message.ice.firstPort == 0);
    CHECK(message.ice.lastPort == 0);
    CHECK(message.ice.interfaces.empty());
    CHECK(message.ice.ipv6);
    CHECK(message.ice.publicAddress.empty());
    CHECK(message.ice.mediaAddress.empty());
    CHECK(message.ice.mediaAlias.empty());
    CHECK(message.ice.relays.empty());
    CHECK(message.replaces.empty());
}

TEST_CASE("closed says who took over") {
    const auto message = journey<control::Closed>(samples::fromPipeline().back());
    CHECK(message.session == "s1");
    CHECK(message.replacedBy == "s2");
    const auto read =
        readFromPipeline(R"({"type":"closed","session":"a","problem":"timeout","reason":"b"})");
    REQUIRE(read.has_value());
    CHECK(std::get<control::Closed>(*read).replacedBy.empty());
}

TEST_CASE("outputs keep all that they say") {
    const auto all = samples::toPipeline();
    const auto rtp = std::get<control::RtpOutput>(journey<control::OutputAdd>(all[4]).kind);
    CHECK(rtp.host == "239.1.2.3");
    CHECK(rtp.videoPort == 20000);
    CHECK(rtp.audioPort == 20002);
    CHECK(rtp.ttl == 4);
    CHECK(rtp.interface == "eth0");
    CHECK(rtp.mtu == 1400);
    const auto ts = std::get<control::TsOutput>(journey<control::OutputAdd>(all[5]).kind);
    CHECK(ts.host == "::1");
    CHECK(ts.port == 20004);
    const auto hls = std::get<control::HlsOutput>(journey<control::OutputAdd>(all[6]).kind);
    CHECK(hls.directory == "/run/spillway/demo");
    CHECK(hls.segmentDuration == 4s);
    const auto mp4 = std::get<control::Mp4Output>(journey<control::OutputAdd>(all[7]).kind);
    CHECK(mp4.path == "/data/a b.mp4.part");
    CHECK(mp4.minimumFree == 200'000'000'000);
}

TEST_CASE("times and sizes keep every digit") {
    const auto segment = journey<control::Segment>(control::Segment{
        "hls", "x.ts", base::Nanoseconds(9'007'199'254'740'993), 1ns, INT64_MAX, INT64_MAX});
    CHECK(segment.start.count() == 9'007'199'254'740'993); // a double would lose the last digit
    CHECK(segment.duration == 1ns);
    CHECK(segment.bytes == INT64_MAX);
    CHECK(segment.take == INT64_MAX);
    const auto live = journey<control::Live>(samples::fromPipeline()[7]);
    CHECK(live.origin.time_since_epoch() == 1'795'000'000'123'456'789ns);
    CHECK(live.video.size == base::PictureSize{1280, 720});
    CHECK(live.audio.config == "1208");
}

TEST_CASE("an answer is a description or an error, never both") {
    const auto good = journey<control::Answer>(control::Answer{"s", "v=0\r\n", {}});
    CHECK(good.description == "v=0\r\n");
    CHECK_FALSE(good.error);
    const auto bad = journey<control::Answer>(
        control::Answer{"s", "", base::Error{base::Problem::Malformed, "line 3: no ufrag"}});
    CHECK(bad.description.empty());
    REQUIRE(bad.error);
    CHECK(bad.error->problem == base::Problem::Malformed);
    CHECK(bad.error->message == "line 3: no ufrag");
}

TEST_CASE(
    "a message of a later version may say more, and a problem nobody knows is an internal one") {
    const auto read = readFromPipeline(
        R"({"type":"closed","session":"s","problem":"from-the-future","reason":"x","more":{"a":[1,2]}})");
    REQUIRE(read.has_value());
    CHECK(std::get<control::Closed>(*read).problem == base::Problem::Internal);
}
