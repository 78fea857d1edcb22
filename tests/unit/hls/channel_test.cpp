#include "gateway/hls/channel.h"

#include "tests/support/run_until.h"

#include <catch2/catch.hpp>
#include <filesystem>
#include <fstream>

using namespace std::chrono_literals;
using hls::Channel;
using hls::SegmentFiles;
namespace fs = std::filesystem;

namespace {

struct Folder {
    Folder() {
        char name[] = "/tmp/unit-hls-XXXXXX";
        path = mkdtemp(name);
    }
    ~Folder() { fs::remove_all(path); }
    std::string path;
};

hls::Segment written(const Folder& folder, int number, base::Nanoseconds duration) {
    const std::string name = "abc-" + std::to_string(number) + ".ts";
    std::ofstream(folder.path + "/" + name) << "x";
    return {name, duration, 1000, base::WallTime{}};
}

} // namespace

TEST_CASE("only plain names are segments") {
    CHECK(SegmentFiles::validName("a1B2_x-12.ts"));
    for (const char* name :
         {"", ".ts", "a.mp4", "../a.ts", "a/b.ts", "a.b.ts", "a\n.ts", "a.tsx"}) {
        CHECK_FALSE(SegmentFiles::validName(name));
    }
    CHECK_FALSE(SegmentFiles::validName(std::string(200, 'a') + ".ts"));
}

TEST_CASE("a channel is ready when a player can use it") {
    Folder folder;
    Channel channel(folder.path, hls::Settings{});
    channel.begin();
    CHECK_FALSE(channel.ready());
    channel.add(written(folder, 0, 2s), true);
    CHECK_FALSE(channel.ready());
    channel.setFormat({"avc1.42c01f,mp4a.40.2", {1280, 720}, 30});
    REQUIRE(channel.ready());
    CHECK(channel.multivariant("").find("BANDWIDTH=3400000,AVERAGE-BANDWIDTH=4000,") !=
          std::string::npos);
    CHECK(channel.segmentPath("abc-0.ts") == folder.path + "/abc-0.ts");
    CHECK_FALSE(channel.segmentPath("abc-1.ts"));

    channel.end();
    CHECK(channel.ready());
    channel.begin();
    CHECK_FALSE(channel.ready());
    CHECK(channel.segmentPath("abc-0.ts")); // a player may still be on its way to it
}

TEST_CASE("a segment that was unlisted is there for a while and then deleted") {
    Folder folder;
    Channel channel(folder.path, hls::Settings{100ms, 3, {}});
    channel.setFormat({});
    // Target duration 1 s: of seven half-seconds the first is unlisted.
    for (int i = 0; i < 7; ++i) {
        channel.add(written(folder, i, 500ms), true);
    }
    CHECK(channel.media("").find("abc-0.ts") == std::string::npos);
    CHECK(channel.media("").find("abc-1.ts") != std::string::npos);
    const auto begin = std::chrono::steady_clock::now();
    REQUIRE(support::runUntil([&] { return !fs::exists(folder.path + "/abc-0.ts"); }));
    CHECK(std::chrono::steady_clock::now() - begin >= 3500ms);
    CHECK_FALSE(channel.segmentPath("abc-0.ts"));
    CHECK(fs::exists(folder.path + "/abc-1.ts"));
}
