#include "gateway/archive/recording.h"
#include "tests/unit/archive/support.h"

#include <catch2/catch.hpp>

using archive::Id;

TEST_CASE("an id names a stream and a millisecond, and comes back from its text") {
    const Id id("my-demo_1", archive_test::at(0) + std::chrono::microseconds(456));
    CHECK(id.text() == "my-demo_1-20261120T101500.123Z");
    CHECK(id.fileName() == "20261120T101500.123Z.mp4");
    CHECK(id.partName() == "20261120T101500.123Z.mp4.part");
    const auto parsed = Id::parse(id.text());
    REQUIRE(parsed);
    CHECK(*parsed == id);
    CHECK(parsed->stream() == "my-demo_1");
}

TEST_CASE("the id is derived from the path") {
    const Id id("demo", archive_test::at(0));
    CHECK(Id::ofPath("/data/recordings/demo/20261120T101500.123Z.mp4") == id);
    CHECK(Id::ofPath("/data/recordings/demo/20261120T101500.123Z.mp4.part") == id);
    CHECK(Id::ofPath("demo/20261120T101500.123Z.mp4") == id);
    CHECK_FALSE(Id::ofPath("/data/recordings/demo/20261120T101500.123Z.mp4.finishing"));
    CHECK_FALSE(Id::ofPath("/data/recordings/de mo/20261120T101500.123Z.mp4"));
    CHECK_FALSE(Id::ofPath("20261120T101500.123Z.mp4"));
    CHECK_FALSE(Id::ofPath("/20261120T101500.123Z.mp4"));
    CHECK_FALSE(Id::ofPath(""));
}

TEST_CASE("what is no id is none") {
    const auto text = GENERATE(
        as<std::string>{}, "", "-", "demo", "demo-", "20261120T101500.123Z",
        "-20261120T101500.123Z", "demo20261120T101500.123Z", "demo-20261120T101500.123",
        "demo-20261120T101500.123z", "demo-20261120 101500.123Z", "demo-20261320T101500.123Z",
        "demo-20260230T101500.123Z", "demo-20261120T241500.123Z", "demo-20261120T106000.123Z",
        "demo-20261120T101560.123Z", "demo-19691231T235959.999Z", "demo-99991120T101500.123Z",
        "demo-2026112AT101500.123Z", "../x-20261120T101500.123Z", "a/b-20261120T101500.123Z",
        "..-20261120T101500.123Z", ".-20261120T101500.123Z", "_x-20261120T101500.123Z",
        "demo-20261120T101500.123Z/../../x", "demo-+026112T101500.123ZZ",
        "d\xc3\xa9mo-20261120T101500.123Z");
    CAPTURE(text);
    CHECK_FALSE(Id::parse(text));
    CHECK_FALSE(Id::parse(std::string("demo\0x-20261120T101500.123Z", 27)));
    CHECK_FALSE(Id::parse(std::string(65, 'a') + "-20261120T101500.123Z"));
    CHECK(Id::parse(std::string(64, 'a') + "-20261120T101500.123Z"));
}

TEST_CASE("a recording in JSON") {
    archive::RecordingInfo recording{Id("demo", archive_test::at(0))};
    recording.duration = std::chrono::milliseconds(61'042);
    recording.bytes = 12'345'678'901;
    CHECK(archive::toJson(recording) ==
          R"({"id":"demo-20261120T101500.123Z","state":"recording","stream":"demo",)"
          R"("start":"2026-11-20T10:15:00.123Z","duration":61.042,"bytes":12345678901,)"
          R"("url":"/recordings/demo-20261120T101500.123Z.mp4"})");
    recording.warning = "the \"disk\" is full";
    recording.delay = "not finished yet";
    CHECK_THAT(archive::toJson(recording),
               Catch::EndsWith(R"(,"warning":"the \"disk\" is full; not finished yet"})"));
    recording.state = archive::State::Deleted;
    CHECK(archive::toJson(recording) == R"({"id":"demo-20261120T101500.123Z","state":"deleted"})");
}
