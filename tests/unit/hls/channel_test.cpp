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

namespace {

/// What became of a request that waits.
struct Waiting {
    Waiting(Channel& channel, base::Milliseconds longest) {
        channel.awaitReload(longest, [answered = answered] { *answered = true; });
    }
    bool until(std::chrono::milliseconds deadline) const {
        return support::runUntil([this] { return *answered; }, deadline);
    }
    std::shared_ptr<bool> answered = std::make_shared<bool>(false);
};

} // namespace

TEST_CASE("the first playlist and a segment that is due soon are worth waiting for") {
    Folder folder;
    Channel channel(folder.path, hls::Settings{1000ms, 3, {}});
    channel.begin();
    const auto atFirst = channel.reloadWait();
    REQUIRE(atFirst);
    CHECK(*atFirst > 3s);
    const Waiting first(channel, 20s);
    channel.setFormat({});
    CHECK_FALSE(first.until(50ms)); // no segment yet
    channel.add(written(folder, 0, 1s), true);
    CHECK_FALSE(channel.reloadWait()); // the next one is a whole segment away
    CHECK(first.until(5s));

    REQUIRE(support::runUntil([&] { return channel.reloadWait().has_value(); }, 2s));
    CHECK(*channel.reloadWait() <= 800ms);
    const Waiting next(channel, 20s);
    CHECK_FALSE(next.until(50ms));
    channel.add(written(folder, 1, 1s), true);
    CHECK(next.until(5s));
    CHECK_FALSE(channel.reloadWait());
}

TEST_CASE("who waits for a segment that does not come is answered in time") {
    Folder folder;
    Channel channel(folder.path, hls::Settings{1000ms, 3, {}});
    channel.setFormat({});
    channel.add(written(folder, 0, 1s), true);
    CHECK(Waiting(channel, 30ms).until(5s));
    REQUIRE(support::runUntil([&] { return channel.reloadWait().has_value(); }, 2s));
    REQUIRE(support::runUntil([&] { return !channel.reloadWait(); }, 5s)); // late: not waited for
    const Waiting last(channel, 20s);
    channel.end();
    CHECK(last.until(5s));
    CHECK_FALSE(channel.reloadWait());
}
