#include "pipelines/outputs/output.h"

#include "pipelines/base/unique.h"
#include "pipelines/finish/finish.h"
#include "tests/support/run_until.h"
#include "tests/unit/outputs/media.h"

#include <catch2/catch.hpp>
#include <cmath>
#include <csignal>
#include <cstdlib>
#include <fcntl.h>
#include <fstream>
#include <sstream>
#include <sys/file.h>
#include <sys/mount.h>
#include <unistd.h>

using namespace outputs;
using namespace test;
using namespace std::chrono_literals;

namespace {

control::Mp4Output configFor(const std::string& path) {
    control::Mp4Output config;
    config.path = path;
    return config;
}

/// "h264,start,duration" of the stream.
struct StreamFacts {
    double start = -1;
    double end = -1; ///< of its last packet
    int packets = 0;
};

StreamFacts factsOf(const std::string& path, const std::string& stream) {
    const Run probed = run("ffprobe -v error -select_streams " + stream +
                           " -show_entries packet=pts_time,duration_time -of csv=p=0 " + path);
    REQUIRE(probed.status == 0);
    StreamFacts facts;
    std::istringstream lines(probed.output);
    double time = 0;
    double duration = 0;
    char comma = 0;
    while (lines >> time >> comma >> duration) {
        if (facts.packets++ == 0) {
            facts.start = time;
        }
        facts.end = std::max(facts.end, time + duration);
    }
    return facts;
}

/// Every picture and every sound decodes.
void checkDecodes(const std::string& path) {
    const Run decoded = run("ffmpeg -v error -i " + path + " -f null - 2>&1");
    CHECK(decoded.status == 0);
    CHECK(decoded.output == "");
}

double seconds(base::Nanoseconds time) {
    return std::chrono::duration<double>(time).count();
}

} // namespace

TEST_CASE("a recording holds every access unit, both media from one beginning") {
    Folder folder;
    Told told;
    fanout::Fanout fanout;
    const std::string path = folder / "a.mp4.part";
    auto output = makeMp4Output(configFor(path), told.reporter());
    REQUIRE(output);
    fanout.add((*output)->consumer());
    pushAll(media(), fanout, 1h, 6s);
    close(std::move(*output), fanout);

    checkDecodes(path);
    const StreamFacts video = factsOf(path, "v");
    const StreamFacts audio = factsOf(path, "a");
    CHECK(video.packets == 180);
    CHECK(std::abs(video.start) < 0.001);
    CHECK(std::abs(video.end - 6) < 0.002);
    CHECK(audio.packets == 282);
    CHECK(std::abs(audio.start) < 0.022);
    CHECK(std::abs(audio.end - 6) < 0.03);

    REQUIRE(told.recordings.size() >= 2);
    CHECK(told.recordings.front().phase == control::RecordingPhase::Recording);
    const control::Recording& last = told.recordings.back();
    CHECK(last.phase == control::RecordingPhase::Stopped);
    CHECK(last.message.empty());
    CHECK(last.bytes == static_cast<std::int64_t>(std::filesystem::file_size(path)));
    CHECK(std::abs(seconds(last.duration) - 6) < 0.03);
    CHECK(std::filesystem::status(path).permissions() ==
          (std::filesystem::perms::owner_read | std::filesystem::perms::owner_write |
           std::filesystem::perms::group_read | std::filesystem::perms::others_read));
    const Run tagged =
        run("ffprobe -v error -show_entries format_tags=creation_time -of csv=p=0 " + path);
    CHECK(tagged.output.starts_with("20"));
}

TEST_CASE("a gap stays a gap, and sound that begins late stays late") {
    Folder folder;
    Told told;
    fanout::Fanout fanout;
    const std::string path = folder / "a.mp4.part";
    auto output = makeMp4Output(configFor(path), told.reporter());
    REQUIRE(output);
    fanout.add((*output)->consumer());
    fanout.setFormat(media().format);
    for (fanout::AccessUnit unit : media().units) {
        const bool early = unit.media == fanout::Media::Audio && unit.time < 240ms;
        const bool gap = unit.time >= 2s && unit.time < 3500ms;
        if (!early && !gap && unit.time < 5s) {
            unit.time += 100s;
            fanout.push(unit);
        }
    }
    close(std::move(*output), fanout);
    const StreamFacts video = factsOf(path, "v");
    const StreamFacts audio = factsOf(path, "a");
    CHECK(std::abs(audio.start - 0.24) < 0.022);
    CHECK(std::abs(video.end - 5) < 0.002);
    CHECK(std::abs(audio.end - 5) < 0.03);
    CHECK(video.packets == 105);
    checkDecodes(path);
}

TEST_CASE("a growing recording is locked, and another size of picture ends it") {
    Folder folder;
    Told told;
    fanout::Fanout fanout;
    const std::string path = folder / "a.mp4.part";
    auto output = makeMp4Output(configFor(path), told.reporter());
    REQUIRE(output);
    fanout.add((*output)->consumer());
    pushAll(media(), fanout, 100s, 3s);
    REQUIRE(support::runUntil([&] { return !told.recordings.empty(); }));
    {
        const base::UniqueFd file(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
        CHECK(::flock(file.get(), LOCK_EX | LOCK_NB) == -1);
    }
    pushAll(smallMedia(), fanout, 103s, 2s, 2);
    REQUIRE(support::runUntil(
        [&] { return told.recordings.back().phase == control::RecordingPhase::Stopped; }));
    CHECK_FALSE(told.recordings.back().message.empty());
    CHECK(std::abs(seconds(told.recordings.back().duration) - 3) < 0.03);
    {
        const base::UniqueFd file(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
        CHECK(::flock(file.get(), LOCK_EX | LOCK_NB) == 0);
    }
    close(std::move(*output), fanout);
    CHECK(factsOf(path, "v").packets == 90);
    checkDecodes(path);
}

TEST_CASE("a recording does not overwrite a file") {
    Folder folder;
    const std::string path = folder / "a.mp4.part";
    std::ofstream(path) << "something";
    Told told;
    fanout::Fanout fanout;
    auto output = makeMp4Output(configFor(path), told.reporter());
    REQUIRE(output);
    fanout.add((*output)->consumer());
    pushAll(smallMedia(), fanout, 100s, 2s);
    REQUIRE(support::runUntil([&] { return told.has(control::OutputPhase::Failed); }));
    CHECK(told.recordings.back().phase == control::RecordingPhase::Failed);
    CHECK(std::filesystem::file_size(path) == 9);
    close(std::move(*output), fanout);
}

TEST_CASE("too little free space stops a recording and keeps it") {
    Folder folder;
    Told told;
    fanout::Fanout fanout;
    control::Mp4Output config = configFor(folder / "a.mp4.part");
    config.minimumFree = INT64_MAX;
    auto output = makeMp4Output(config, told.reporter());
    REQUIRE(output);
    fanout.add((*output)->consumer());
    pushAll(smallMedia(), fanout, 100s, 2s);
    REQUIRE(support::runUntil([&] { return told.has(control::OutputPhase::Failed); }));
    CHECK(told.recordings.back().phase == control::RecordingPhase::Failed);
    CHECK(told.recordings.back().problem == base::Problem::NoSpace);
    CHECK(told.recordings.back().duration > 300ms);
    close(std::move(*output), fanout);
    checkDecodes(config.path);
}

TEST_CASE("a full disk stops a recording at its last whole fragment") {
    Folder folder;
    if (::geteuid() != 0 || ::mount("none", folder.path().c_str(), "tmpfs", 0, "size=600k") != 0) {
        WARN("skipped: only root can mount a small disk");
        return;
    }
    Told told;
    fanout::Fanout fanout;
    const std::string path = folder / "a.mp4.part";
    auto output = makeMp4Output(configFor(path), told.reporter());
    REQUIRE(output);
    fanout.add((*output)->consumer());
    Playback playback(media(), fanout, 8);
    CHECK(support::runUntil([&] { return told.has(control::OutputPhase::Failed); }));
    playback.stop();
    const control::Recording last = told.recordings.back();
    CHECK(last.phase == control::RecordingPhase::Failed);
    CHECK(last.problem == base::Problem::NoSpace);
    CHECK(last.bytes == static_cast<std::int64_t>(std::filesystem::file_size(path)));
    CHECK(last.duration > 1s);
    checkDecodes(path);
    const StreamFacts video = factsOf(path, "v");
    CHECK(std::abs(video.end - seconds(last.duration)) < 0.1);
    close(std::move(*output), fanout);
    ::umount2(folder.path().c_str(), MNT_DETACH);
}

// The child of the test below: SPILLWAY_TEST_PATH is recorded, the time of the last access unit
// handed over goes to SPILLWAY_TEST_PATH.time.
TEST_CASE("records until it is killed", "[.recorder]") {
    const std::string path = std::getenv("SPILLWAY_TEST_PATH");
    fanout::Fanout fanout;
    auto output = makeMp4Output(configFor(path), noReporter());
    REQUIRE(output);
    const Media& source = smallMedia();
    fanout.add((*output)->consumer());
    const base::UniqueFd time(
        ::open((path + ".time").c_str(), O_WRONLY | O_CREAT | O_CLOEXEC, 0644));
    Playback playback(source, fanout);
    support::runUntil(
        [&] {
            const std::int64_t handed =
                std::max<std::int64_t>((playback.time() - playback.start()).count(), 0);
            return ::pwrite(time.get(), &handed, sizeof handed, 0) < 0;
        },
        1min);
}

TEST_CASE("killed at ten moments, a recording loses less than a second") {
    Folder folder;
    std::vector<std::unique_ptr<Child>> children;
    const auto pathOf = [&](int number) { return folder / (std::to_string(number) + ".mp4.part"); };
    for (int number = 0; number < 10; ++number) {
        children.push_back(std::make_unique<Child>(std::vector<std::string>{
            "env", "SPILLWAY_TEST_PATH=" + pathOf(number),
            std::filesystem::read_symlink("/proc/self/exe"), "records until it is killed"}));
    }
    for (int number = 0; number < 10; ++number) {
        const std::string path = pathOf(number);
        std::int64_t handed = 0;
        const auto read = [&] {
            const base::UniqueFd time(::open((path + ".time").c_str(), O_RDONLY | O_CLOEXEC));
            return time && ::pread(time.get(), &handed, sizeof handed, 0) == sizeof handed;
        };
        const auto moment = base::Nanoseconds(1200ms) + number * base::Nanoseconds(137ms);
        REQUIRE(support::runUntil([&] { return read() && base::Nanoseconds(handed) >= moment; }));
        ::kill(children[static_cast<std::size_t>(number)]->pid(), SIGKILL);
        REQUIRE(
            support::runUntil([&] { return children[static_cast<std::size_t>(number)]->ended(); }));
        REQUIRE(read());
        const double last = seconds(base::Nanoseconds(handed));
        const StreamFacts video = factsOf(path, "v");
        const StreamFacts audio = factsOf(path, "a");
        INFO("killed at " << last << " s: pictures to " << video.end << ", sound to " << audio.end);
        CHECK(last - video.end < 1);
        CHECK(last - audio.end < 1);
        // A write that was under way left a torn fragment; what is whole decodes without a word.
        const auto finished = finish::finishPart(path);
        REQUIRE(finished);
        checkDecodes(finished->path);
    }
}
