#include "gateway/archive/archive.h"

#include "pipelines/base/unique.h"
#include "tests/support/run_until.h"
#include "tests/unit/archive/support.h"
#include "tests/unit/finish/fragmented.h"

#include <catch2/catch.hpp>
#include <fcntl.h>
#include <fstream>
#include <sys/file.h>

using archive::State;
using archive_test::at;
using archive_test::Bench;
using archive_test::Folder;
using archive_test::kFirstId;
using support::runUntil;
namespace fs = std::filesystem;

namespace {

constexpr const char* kPart = "20261120T101500.123Z.mp4.part";
constexpr const char* kFile = "20261120T101500.123Z.mp4";

double seconds(const Bench& bench, const char* id = kFirstId) {
    return std::chrono::duration<double>(bench.archive->find(id)->duration).count();
}

} // namespace

TEST_CASE("what a crash left is finished at the next start") {
    Folder folder;
    const auto lengths = fragmented::write(folder.file(kPart));
    fs::resize_file(folder.file(kPart), static_cast<std::uintmax_t>(lengths[6] + 100));
    SECTION("unknown to the index") {}
    SECTION("known as being recorded") {
        Bench bench(folder);
        REQUIRE(bench.archive->pathFor("demo", at(60)));
        const auto part = bench.archive->pathFor("demo", at(61));
        fragmented::write(*part);
        bench.tell(*part, control::RecordingPhase::Recording);
        fs::remove(*part);
    }
    SECTION("copied half by an earlier attempt") {
        std::ofstream(folder.file("20261120T101500.123Z.mp4.finishing")) << "half";
    }
    SECTION("finished already, but for the .part's removal") {
        std::ofstream(folder.file(kFile)) << "anything";
    }
    Bench bench(folder);
    bench.archive->recover();
    REQUIRE(bench.waitFor(State::Finished));
    CHECK(seconds(bench) == Approx(3).margin(0.1));
    CHECK(bench.archive->list().size() == 1);
    CHECK(std::distance(fs::directory_iterator(folder.path / "recordings/demo"), {}) == 1);
}

TEST_CASE("the index is made anew from the files, with the same ids") {
    Folder folder;
    fragmented::write(folder.file(kPart));
    archive::RecordingInfo before{archive::Id("demo", at(0))};
    {
        Bench bench(folder);
        bench.archive->recover();
        REQUIRE(bench.waitFor(State::Finished));
        before = *bench.archive->find(kFirstId);
    }
    SECTION("lost") {
        fs::remove(folder.path / "recordings.db");
    }
    SECTION("damaged") {
        fs::remove(folder.path / "recordings.db-wal");
        std::ofstream(folder.path / "recordings.db") << std::string(8192, 'x');
    }
    Bench bench(folder);
    CHECK(bench.archive->list().empty());
    bench.archive->recover();
    REQUIRE(runUntil([&] {
        const auto found = bench.archive->find(kFirstId);
        return found && found->duration == before.duration;
    }));
    CHECK(bench.state(kFirstId) == State::Finished);
    CHECK(bench.archive->find(kFirstId)->bytes == before.bytes);
}

TEST_CASE("an index that agrees with the files is left as it is") {
    Folder folder;
    fragmented::write(folder.file(kPart));
    {
        Bench bench(folder);
        bench.archive->recover();
        REQUIRE(bench.waitFor(State::Finished));
    }
    Bench bench(folder);
    CHECK(bench.state(kFirstId) == State::Finished);
    CHECK(seconds(bench) == Approx(4).margin(0.1));
}

TEST_CASE("recordings whose files have vanished leave the index") {
    Folder folder;
    fragmented::write(folder.file(kPart));
    fs::copy_file(folder.file(kPart), folder.file("20261120T101600.123Z.mp4.part"));
    {
        Bench bench(folder);
        bench.archive->recover();
        REQUIRE(bench.waitFor(State::Finished));
        REQUIRE(bench.waitFor(State::Finished, "demo-20261120T101600.123Z"));
    }
    fs::remove(folder.file(kFile));
    {
        Bench bench(folder);
        CHECK(bench.archive->list().size() == 2);
        bench.archive->recover();
        REQUIRE(runUntil([&] { return bench.archive->list().size() == 1; }));
        CHECK(bench.told.back().state == State::Deleted);
    }
    Bench bench(folder);
    CHECK(bench.archive->list().size() == 1);
}

TEST_CASE("a file that is locked is come back to") {
    Folder folder;
    fragmented::write(folder.file(kPart));
    base::UniqueFd recorder(open(folder.file(kPart).c_str(), O_RDWR));
    REQUIRE(flock(recorder.get(), LOCK_EX | LOCK_NB) == 0);
    Bench bench(folder);
    bench.archive->recover();
    REQUIRE(bench.waitFor(State::Finishing));
    CHECK_FALSE(runUntil([&] { return bench.state(kFirstId) != State::Finishing; },
                         std::chrono::milliseconds(500)));
    CHECK(bench.archive->media(kFirstId));
    recorder = base::UniqueFd();
    CHECK(bench.waitFor(State::Finished));
}

TEST_CASE("a file without anything playable is named so, and stays") {
    Folder folder;
    std::ofstream(folder.file(kPart)) << "nothing";
    Bench bench(folder);
    bench.archive->recover();
    REQUIRE(bench.waitFor(State::Failed));
    CHECK_THAT(bench.archive->find(kFirstId)->warning, Catch::Contains("whole fragment"));
    CHECK(bench.archive->media(kFirstId).error().problem == base::Problem::NotFound);
    CHECK(fs::exists(folder.file(kPart)));
}

TEST_CASE("what has no room to be finished stays playable and says what is needed") {
    Folder folder;
    fragmented::write(folder.file(kPart));
    {
        Bench bench(folder, INT64_MAX / 4);
        bench.archive->recover();
        REQUIRE(runUntil([&] {
            const auto found = bench.archive->find(kFirstId);
            return found && !found->delay.empty();
        }));
        CHECK(bench.state(kFirstId) == State::Finishing);
        CHECK(bench.archive->media(kFirstId));
        CHECK(fs::exists(folder.file(kPart)));
    }
    Bench bench(folder);
    bench.archive->recover();
    CHECK(bench.waitFor(State::Finished));
    CHECK(bench.archive->find(kFirstId)->delay.empty());
}

TEST_CASE("foreign files in the folder are passed over") {
    Folder folder;
    std::ofstream(folder.file("notes.txt")) << "x";
    std::ofstream(folder.file("20261120T101500.123Z.mp4.part.bak")) << "x";
    fs::create_symlink("/etc/passwd", folder.file("20261120T101501.123Z.mp4"));
    fs::create_directories(folder.file("20261120T101502.123Z.mp4"));
    fs::create_directories(folder.path / "recordings/not a stream");
    fs::create_directory_symlink("/etc", folder.path / "recordings/etc");
    fragmented::write(folder.file(kPart));
    Bench bench(folder);
    bench.archive->recover();
    REQUIRE(bench.waitFor(State::Finished));
    CHECK(bench.archive->list().size() == 1);
}

TEST_CASE("an archive that goes while it finishes loses nothing") {
    Folder folder;
    fragmented::write(folder.file(kPart));
    {
        Bench bench(folder);
        bench.archive->recover();
        REQUIRE(bench.waitFor(State::Finishing));
    }
    Bench bench(folder);
    bench.archive->recover();
    CHECK(bench.waitFor(State::Finished));
}
