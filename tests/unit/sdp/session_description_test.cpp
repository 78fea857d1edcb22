#include "sdp/session_description.h"

#include "sample.h"

#include <catch2/catch.hpp>

using namespace sdp;

namespace {

const std::string smallest = "v=0\r\no=- 1 2 IN IP4 127.0.0.1\r\ns=-\r\nt=0 0\r\n";

ParseError errorOf(const std::string& text) {
    const auto result = SessionDescription::parse(text);
    REQUIRE_FALSE(result);
    return result.error();
}

} // namespace

TEST_CASE("A description is printed as it was parsed") {
    for (const auto* name : {"chromium-camera", "chromium-simulcast", "firefox-camera",
                             "firefox-datachannel", "webrtcbin-vp8"}) {
        const std::string text = sample::offer(name);
        const auto description = SessionDescription::parse(text);
        INFO(name);
        REQUIRE(description);
        CHECK(description->print() == text);
    }
}

TEST_CASE("The parts of a description") {
    const auto description = SessionDescription::parse(sample::offer("chromium-camera"));
    REQUIRE(description);
    CHECK(description->origin.sessionVersion == "2");
    CHECK(description->attributes.find("group")->text() == "BUNDLE 0 1");
    CHECK(description->attributes.has("extmap-allow-mixed"));
    REQUIRE(description->media.size() == 2);
    const MediaDescription& audio = description->media[0];
    CHECK(audio.media == "audio");
    CHECK(audio.line == 8);
    CHECK(audio.protocol == "UDP/TLS/RTP/SAVPF");
    CHECK(audio.formats.front() == "111");
    CHECK(audio.attributes.find("mid")->line == 20);
    CHECK(audio.attributes.find("rtcp-mux")->text().empty());
    CHECK_FALSE(audio.attributes.has("rtcp-mux-only"));
}

TEST_CASE("LF, empty last lines and any order of the optional lines are taken") {
    CHECK(SessionDescription::parse("v=0\no=- 1 2 IN IP4 127.0.0.1\ns=-\nt=0 0")->print() ==
          smallest);
    CHECK(SessionDescription::parse(smallest + "\r\n\r\n")->print() == smallest);
    const auto description = SessionDescription::parse(
        "v=0\no=- 1 2 IN IP4 ::1\ns=a b\nt=0 0\na=x\nb=AS:5\nc=IN IP6 ::1\n"
        "m=video 4/2  RTP/AVP 33\na=y:1\nb=AS:1\ni=title\n");
    REQUIRE(description);
    CHECK(description->print() ==
          "v=0\r\no=- 1 2 IN IP4 ::1\r\ns=a b\r\nc=IN IP6 ::1\r\nb=AS:5\r\nt=0 0\r\na=x\r\n"
          "m=video 4/2 RTP/AVP 33\r\ni=title\r\nb=AS:1\r\na=y:1\r\n");
}

TEST_CASE("A repeated time stays with its t= line") {
    const std::string text = "v=0\r\no=- 1 2 IN IP4 ::1\r\ns=-\r\nt=1 2\r\nr=7d 1h 0\r\nt=3 4\r\n";
    CHECK(SessionDescription::parse(text)->print() == text);
}

TEST_CASE("What is not a session description says why and where") {
    CHECK(errorOf("").line == 0);
    CHECK(errorOf("\r\n\r\n").line == 0);
    CHECK(errorOf("garbage").line == 1);
    CHECK(errorOf("<html>").reason == "not a <type>=<value> line: \"<html>\"");
    CHECK(errorOf("v=1\r\n").reason == "unknown version \"1\"");
    CHECK(errorOf("o=- 1 2 IN IP4 127.0.0.1\r\n").line == 1);
    CHECK(errorOf("v=0\r\ns=-\r\n").line == 2);
    CHECK(errorOf("v=0\r\no=- 1 2 IN IP4\r\ns=-\r\nt=0 0\r\n").line == 2);
    CHECK(errorOf("v=0\r\no=- one 2 IN IP4 ::1\r\ns=-\r\nt=0 0\r\n").line == 2);
    CHECK(errorOf("v=0\r\no=- 1 2 IN IP4 ::1\r\ns=-\r\n").reason == "no t= line");
    CHECK(errorOf(smallest + "x=1\r\n").line == 5);
    CHECK(errorOf(smallest + "m=video 9\r\n").line == 5);
    CHECK(errorOf(smallest + "m=video 65536 RTP/AVP 96\r\n").line == 5);
    CHECK(errorOf(smallest + "m=video 9/0 RTP/AVP 96\r\n").line == 5);
    CHECK(errorOf(smallest + "m=video -1 RTP/AVP 96\r\n").line == 5);
    CHECK(errorOf(smallest + "m=vi\"deo 9 RTP/AVP 96\r\n").line == 5);
    CHECK(errorOf(smallest + "a=:x\r\n").line == 5);
    CHECK(errorOf(smallest + "a=\r\n").line == 5);
}

TEST_CASE("Text that is no text is refused") {
    CHECK(errorOf(smallest + std::string("a=x:\0y\r\n", 8)).line == 5);
    CHECK(errorOf(smallest + "a=x:\x1b[0m\r\n").line == 5);
    CHECK(errorOf(smallest + "a=x:\xff\r\n").line == 5);
    CHECK(errorOf(smallest + "a=x:\xc0\xaf\r\n").line == 5);     // overlong
    CHECK(errorOf(smallest + "a=x:\xed\xa0\x80\r\n").line == 5); // surrogate
    CHECK(errorOf(smallest + "a=x:a\rb\r\n").line == 5);
    CHECK(SessionDescription::parse(smallest + "a=x:\xc3\xa4\r\n"));
}

TEST_CASE("A description has limits") {
    CHECK(errorOf(std::string(2'000'000, 'v')).reason == "longer than 64 KiB");
    CHECK(errorOf(smallest + "a=x:" + std::string(9000, 'y') + "\r\n").line == 5);
    std::string lines = smallest;
    for (int i = 0; i < 2000; ++i)
        lines += "a=x\r\n";
    CHECK(errorOf(lines).reason == "too many lines");
    std::string media = smallest;
    for (int i = 0; i < 500; ++i)
        media += "m=video 9 RTP/AVP 96\r\n";
    CHECK(errorOf(media).reason == "too many m= lines");
}
