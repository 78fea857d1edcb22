#include "gateway/hls/playlist.h"

#include <catch2/catch.hpp>

using namespace std::chrono_literals;
using hls::Playlist;
using hls::Segment;

namespace {

// 2026-11-20T10:15:00Z
constexpr base::WallTime kStart{std::chrono::seconds(1795169700)};

Segment segment(int number, base::Nanoseconds duration = 2s) {
    return Segment{"x-" + std::to_string(number) + ".ts", duration, 500'000,
                   kStart + number * 2s + 123ms};
}

bool has(const Playlist& playlist, const std::string& line) {
    return ("\n" + playlist.print("")).find("\n" + line + "\n") != std::string::npos;
}

int count(const std::string& text, const std::string& what) {
    int found = 0;
    for (auto at = text.find(what); at != std::string::npos; at = text.find(what, at + 1)) {
        ++found;
    }
    return found;
}

} // namespace

TEST_CASE("the playlist of one segment, to the letter") {
    Playlist playlist(hls::Settings{});
    CHECK(playlist.empty());
    playlist.add(segment(0, 1'033'333'333ns));
    CHECK(playlist.print("") == "#EXTM3U\n"
                                "#EXT-X-VERSION:6\n"
                                "#EXT-X-INDEPENDENT-SEGMENTS\n"
                                "#EXT-X-TARGETDURATION:2\n"
                                "#EXT-X-MEDIA-SEQUENCE:0\n"
                                "#EXT-X-DISCONTINUITY-SEQUENCE:0\n"
                                "#EXT-X-PROGRAM-DATE-TIME:2026-11-20T10:15:00.123Z\n"
                                "#EXTINF:1.033333,\n"
                                "x-0.ts\n");
    CHECK(playlist.print("?token=a%26b").ends_with("x-0.ts?token=a%26b\n"));
}

TEST_CASE("the window slides and the media sequence with it") {
    Playlist playlist(hls::Settings{});
    for (int i = 0; i < 6; ++i) {
        CHECK(playlist.add(segment(i)).empty());
    }
    const auto unlisted = playlist.add(segment(6));
    REQUIRE(unlisted.size() == 1);
    CHECK(unlisted[0].name == "x-0.ts");
    CHECK(has(playlist, "#EXT-X-MEDIA-SEQUENCE:1"));
    CHECK(count(playlist.print(""), "#EXTINF") == 6);
    CHECK(count(playlist.print(""), "#EXT-X-PROGRAM-DATE-TIME") == 6);
    CHECK(playlist.longest() == 12s);
}

TEST_CASE("what stays listed lasts three target durations") {
    Playlist playlist(hls::Settings{2000ms, 3, {}});
    for (int i = 0; i < 5; ++i) {
        playlist.add(segment(i, 1s)); // short ones: five seconds, all stay
    }
    CHECK(has(playlist, "#EXT-X-MEDIA-SEQUENCE:0"));
    playlist.add(segment(5, 2s));
    CHECK(has(playlist, "#EXT-X-MEDIA-SEQUENCE:1"));
    CHECK(count(playlist.print(""), "#EXTINF") == 5);
}

TEST_CASE("the target duration is the configured one, rounded up") {
    CHECK(has(Playlist(hls::Settings{2000ms, 6, {}}), "#EXT-X-TARGETDURATION:2"));
    CHECK(has(Playlist(hls::Settings{2500ms, 6, {}}), "#EXT-X-TARGETDURATION:3"));
    Playlist playlist(hls::Settings{});
    playlist.add(segment(0, 500ms));
    playlist.add(segment(1, 2'450ms));
    CHECK(has(playlist, "#EXT-X-TARGETDURATION:2"));
    playlist.add(segment(2, 4s)); // key frames that come late: the truth matters more
    CHECK(has(playlist, "#EXT-X-TARGETDURATION:4"));
}

TEST_CASE("an interruption is a discontinuity, counted when it leaves the window") {
    Playlist playlist(hls::Settings{2000ms, 3, {}});
    playlist.interrupt(); // nothing was there
    playlist.add(segment(0));
    CHECK_FALSE(has(playlist, "#EXT-X-DISCONTINUITY"));
    playlist.interrupt();
    playlist.interrupt();
    playlist.add(segment(1));
    playlist.add(segment(2));
    CHECK(count(playlist.print(""), "#EXT-X-DISCONTINUITY\n") == 1);
    CHECK(has(playlist, "#EXT-X-DISCONTINUITY-SEQUENCE:0"));
    playlist.add(segment(3));
    CHECK(has(playlist, "#EXT-X-MEDIA-SEQUENCE:1"));
    CHECK(has(playlist, "#EXT-X-DISCONTINUITY"));
    CHECK(has(playlist, "#EXT-X-DISCONTINUITY-SEQUENCE:0"));
    playlist.add(segment(4));
    CHECK_FALSE(has(playlist, "#EXT-X-DISCONTINUITY"));
    CHECK(has(playlist, "#EXT-X-DISCONTINUITY-SEQUENCE:1"));
}

TEST_CASE("the end is said, and a restart goes on with the numbers") {
    Playlist playlist(hls::Settings{});
    playlist.add(segment(0));
    playlist.add(segment(1));
    playlist.end();
    CHECK(playlist.print("").ends_with("x-1.ts\n#EXT-X-ENDLIST\n"));

    CHECK(playlist.restart().size() == 2);
    CHECK(playlist.empty());
    CHECK_FALSE(playlist.ended());
    playlist.add(segment(2));
    CHECK(has(playlist, "#EXT-X-MEDIA-SEQUENCE:2"));
    CHECK(has(playlist, "#EXT-X-DISCONTINUITY-SEQUENCE:0"));
    CHECK(playlist.print("").find("#EXT-X-DISCONTINUITY\n#EXT-X-PROGRAM-DATE-TIME") !=
          std::string::npos);
    CHECK_FALSE(has(playlist, "#EXT-X-ENDLIST"));

    playlist.restart(); // the discontinuity went with its segment
    playlist.add(segment(3));
    CHECK(has(playlist, "#EXT-X-MEDIA-SEQUENCE:3"));
    CHECK(has(playlist, "#EXT-X-DISCONTINUITY-SEQUENCE:1"));
    CHECK(has(playlist, "#EXT-X-DISCONTINUITY"));
}

TEST_CASE("the multivariant playlist, to the letter") {
    Playlist playlist(hls::Settings{});
    playlist.add(segment(0));
    hls::Format format{"avc1.42c01f,mp4a.40.2", {1280, 720}, 30};
    CHECK(playlist.printMultivariant(format, base::Bitrate{3'400'000}, "?token=x") ==
          "#EXTM3U\n"
          "#EXT-X-VERSION:6\n"
          "#EXT-X-INDEPENDENT-SEGMENTS\n"
          "#EXT-X-STREAM-INF:BANDWIDTH=3400000,AVERAGE-BANDWIDTH=2000000,"
          "CODECS=\"avc1.42c01f,mp4a.40.2\",RESOLUTION=1280x720,FRAME-RATE=30.000\n"
          "media.m3u8?token=x\n");
    format.frameRate = 0;
    CHECK(playlist.printMultivariant(format, {}, "").find("FRAME-RATE") == std::string::npos);
}

namespace {

/// Segments of these durations and sizes in a playlist with a target duration of 2 s.
struct Rates {
    void add(base::Nanoseconds duration, std::int64_t bytes) {
        playlist.add(Segment{"x.ts", duration, bytes, kStart});
    }
    std::int64_t value(const std::string& attribute) const {
        const std::string text = playlist.printMultivariant({}, {}, "");
        return std::stoll(text.substr(text.find(attribute) + attribute.size()));
    }
    std::int64_t peak() const { return value(":BANDWIDTH="); }
    std::int64_t average() const { return value("AVERAGE-BANDWIDTH="); }

    Playlist playlist{hls::Settings{}};
};

} // namespace

TEST_CASE("the average bandwidth counts everything since the restart") {
    Rates rates;
    CHECK(rates.average() == 0);
    rates.add(2s, 500'000);
    rates.add(1s, 100'000);
    CHECK(rates.average() == 1'600'000);
    rates.playlist.restart();
    rates.add(1s, 100'000);
    CHECK(rates.average() == 800'000);
    CHECK(rates.peak() == 800'000);
}

TEST_CASE("the bandwidth is that of the worst contiguous segments of about a target duration") {
    Rates rates;
    rates.add(2s, 250'000); // 1 Mbit/s
    CHECK(rates.peak() == 1'000'000);
    rates.add(2s, 500'000); // 2 Mbit/s
    for (int i = 0; i < 9; ++i) {
        rates.add(2s, 250'000);
    }
    CHECK(rates.peak() == 2'000'000); // also when that segment is not listed any more
}

TEST_CASE("a short segment alone is not the bandwidth") {
    Rates rates;
    rates.add(500ms, 500'000); // 8 Mbit/s, but shorter than half the target
    CHECK(rates.peak() == 0);
    rates.add(500ms, 125'000); // together 5 Mbit/s over one second
    CHECK(rates.peak() == 5'000'000);
}

TEST_CASE("segments beyond 1.5 target durations are not put together") {
    Rates rates;
    rates.add(400ms, 1'000'000); // 20 Mbit/s
    rates.add(2s, 250'000);
    // 2.4 s together: 4.17 Mbit/s, in steps of 100 kbit/s
    CHECK(rates.peak() == 4'200'000);
    rates.add(2s, 500'000);
    CHECK(rates.peak() == 4'200'000);
}
