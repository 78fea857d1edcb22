#include "pipelines/outputs/output.h"

#include "pipelines/outputs/segment_cuts.h"
#include "tests/support/run_until.h"
#include "tests/unit/outputs/media.h"

#include <algorithm>
#include <array>
#include <catch2/catch.hpp>
#include <cmath>
#include <fstream>
#include <map>
#include <sstream>

using namespace outputs;
using namespace test;
using namespace std::chrono_literals;

namespace {

struct Packet {
    std::string type;
    double time = 0;
    bool key = false;
};

std::vector<Packet> packetsOf(const std::string& path) {
    const Run probed =
        run("ffprobe -v error -show_entries packet=codec_type,pts_time,flags -of csv=p=0 " + path);
    REQUIRE(probed.status == 0);
    std::vector<Packet> packets;
    std::istringstream lines(probed.output);
    for (std::string line; std::getline(lines, line);) {
        std::istringstream fields(line);
        Packet packet;
        std::string time;
        std::string flags;
        std::getline(fields, packet.type, ',');
        std::getline(fields, time, ',');
        std::getline(fields, flags, ',');
        if (time.empty()) {
            continue; // ffprobe ends side data with a line of its own
        }
        packet.time = std::stod(time);
        packet.key = flags.starts_with("K");
        packets.push_back(packet);
    }
    return packets;
}

double firstOf(const std::vector<Packet>& packets, const std::string& type) {
    const auto found = std::find_if(packets.begin(), packets.end(),
                                    [&](const Packet& packet) { return packet.type == type; });
    REQUIRE(found != packets.end());
    return found->time;
}

double seconds(base::Nanoseconds time) {
    return std::chrono::duration<double>(time).count();
}

/// Continuity counters per PID over all files in a row: the number of breaks.
int counterBreaks(const std::vector<std::string>& paths) {
    std::map<int, int> last;
    int breaks = 0;
    for (const std::string& path : paths) {
        std::ifstream file(path, std::ios::binary);
        std::array<unsigned char, 188> packet{};
        while (file.read(reinterpret_cast<char*>(packet.data()), packet.size())) {
            REQUIRE(packet[0] == 0x47);
            const int pid = (packet[1] & 0x1f) << 8 | packet[2];
            const bool payload = (packet[3] & 0x10) != 0;
            const int counter = packet[3] & 0xf;
            if (payload && last.contains(pid) && counter != (last[pid] + 1) % 16) {
                ++breaks;
            }
            if (payload) {
                last[pid] = counter;
            }
        }
    }
    return breaks;
}

} // namespace

TEST_CASE("segments are cut at the first key frame after their length, the first ones early") {
    SegmentCuts cuts(2s);
    std::vector<int> cutAt;
    for (int time = 0; time <= 10000; time += 500) {
        if (cuts.beginsAt(base::Milliseconds(time), 1)) {
            cutAt.push_back(time);
        }
    }
    CHECK(cutAt == std::vector{0, 1000, 2000, 4000, 6000, 8000, 10000});
    CHECK_FALSE(cuts.beginsAt(10500ms, 1));
    CHECK(cuts.beginsAt(10700ms, 2)); // a new take
    CHECK_FALSE(cuts.beginsAt(11400ms, 2));
    CHECK(cuts.beginsAt(11655ms, 2)); // a key frame a little early
}

TEST_CASE("HLS segments are exact, begin with an IDR and go on without a break") {
    Folder folder;
    Told told;
    fanout::Fanout fanout;
    auto output = makeHlsOutput({folder.path(), 2s}, told.reporter());
    REQUIRE(output);
    fanout.add((*output)->consumer());
    pushAll(media(), fanout, 100s, 9500ms);
    close(std::move(*output), fanout);

    REQUIRE(told.segments.size() == 6);
    REQUIRE(told.states.size() == 3);
    CHECK(told.states[1].phase == control::OutputPhase::Running);
    CHECK(told.states[2].phase == control::OutputPhase::Stopped);
    std::vector<std::string> paths;
    double offset = 0;
    base::Nanoseconds end = 100s;
    for (const control::Segment& segment : told.segments) {
        const std::string path = folder / segment.name;
        paths.push_back(path);
        CHECK(static_cast<std::int64_t>(std::filesystem::file_size(path)) == segment.bytes);
        CHECK(segment.start == end);
        CHECK(segment.take == 1);
        end = segment.start + segment.duration;
        const auto packets = packetsOf(path);
        const double first = firstOf(packets, "video");
        if (offset == 0) {
            offset = first - seconds(segment.start);
        }
        CHECK(std::abs(first - seconds(segment.start) - offset) < 0.001);
        CHECK(std::abs(firstOf(packets, "audio") - first) < 0.025);
        const auto video =
            std::find_if(packets.begin(), packets.end(), [](auto& p) { return p.type == "video"; });
        CHECK(video->key);
    }
    CHECK(std::abs(seconds(end - 109500ms)) < 0.001);
    CHECK(told.segments[0].duration == 1s);
    CHECK(told.segments[1].duration == 1s);
    CHECK(told.segments[2].duration == 2s);
    CHECK(counterBreaks(paths) == 0);

    std::string all = "cat";
    for (const std::string& path : paths) {
        all += " " + path;
    }
    const Run joined = run("sh -c '" + all + " > " + (folder / "all.ts") + "'");
    REQUIRE(joined.status == 0);
    const Run decoded = run("ffmpeg -v error -i " + (folder / "all.ts") + " -f null - 2>&1");
    CHECK(decoded.status == 0);
    CHECK(decoded.output == "");
    const Run counted =
        run("ffprobe -v error -count_packets -show_entries stream=codec_name,nb_read_packets,width "
            "-of csv=p=0 " +
            (folder / "all.ts"));
    CHECK(counted.output.find("h264,640,285") != std::string::npos);
    CHECK(counted.output.find("aac,") != std::string::npos);
}

TEST_CASE("a segment is told of when its last picture has come, not a GOP later") {
    Folder folder;
    Told told;
    fanout::Fanout fanout;
    auto output = makeHlsOutput({folder.path(), 2s}, told.reporter());
    REQUIRE(output);
    fanout.add((*output)->consumer());
    Playback playback(media(), fanout);
    REQUIRE(support::runUntil([&] { return !told.segments.empty(); }, 3s));
    CHECK(playback.time() - playback.start() < 1400ms); // the next key frame is at 1.5 s
    playback.stop();
    close(std::move(*output), fanout);
}

TEST_CASE("a new take begins a segment of its own") {
    Folder folder;
    Told told;
    fanout::Fanout fanout;
    auto output = makeHlsOutput({folder.path(), 2s}, told.reporter());
    REQUIRE(output);
    fanout.add((*output)->consumer());
    pushAll(media(), fanout, 100s, 1500ms, 1);
    pushAll(smallMedia(), fanout, 101500ms, 1500ms, 2);
    close(std::move(*output), fanout);
    REQUIRE(told.segments.size() == 4);
    CHECK(told.segments[1].take == 1);
    CHECK(told.segments[1].duration == 500ms);
    CHECK(told.segments[2].take == 2);
    CHECK(told.segments[2].start == 101500ms);
}

TEST_CASE("HLS in a folder that vanished fails, says so and comes back") {
    Folder folder;
    std::filesystem::create_directory(folder / "run");
    Told told;
    fanout::Fanout fanout;
    auto output = makeHlsOutput({folder / "run", 1s}, told.reporter());
    REQUIRE(output);
    fanout.add((*output)->consumer());
    std::filesystem::remove(folder / "run");
    Playback playback(media(), fanout, 4);
    REQUIRE(support::runUntil([&] { return told.has(control::OutputPhase::Failed); }));
    CHECK(told.segments.empty());
    std::filesystem::create_directory(folder / "run");
    REQUIRE(support::runUntil([&] { return told.segments.size() >= 2; }));
    CHECK(told.has(control::OutputPhase::Running));
    CHECK(packetsOf(folder / ("run/" + told.segments[0].name)).size() > 60);
    playback.stop();
    close(std::move(*output), fanout);
}

TEST_CASE("a folder that does not exist is refused") {
    CHECK_FALSE(makeHlsOutput({"/nonexistent/hls", 2s}, noReporter()));
}

TEST_CASE("an output that is destroyed without closing tells nothing") {
    Folder folder;
    Told told;
    fanout::Fanout fanout;
    {
        auto output = makeHlsOutput({folder.path(), 2s}, told.reporter());
        REQUIRE(output);
        fanout.add((*output)->consumer());
        pushAll(media(), fanout, 100s, 5s);
        fanout.remove((*output)->consumer());
    }
    bool later = false;
    const auto timer = base::Timer::once(300ms, [&later] { later = true; });
    support::runUntil([&later] { return later; });
    CHECK(told.states.empty());
    CHECK(told.segments.empty());
}
