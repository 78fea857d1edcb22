#include "gateway/archive/archive.h"

#include "tests/support/run_until.h"
#include "tests/unit/archive/support.h"
#include "tests/unit/finish/fragmented.h"

#include <catch2/catch.hpp>
#include <fstream>
#include <optional>

using archive::State;
using archive_test::at;
using archive_test::Bench;
using archive_test::Folder;
using archive_test::kFirstId;
using base::Problem;
using control::RecordingPhase;
using support::runUntil;
namespace fs = std::filesystem;

namespace {

std::optional<base::Result<void>> removeAndWait(const Bench& bench, const std::string& id) {
    std::optional<base::Result<void>> outcome;
    bench.archive->remove(id, [&outcome](const base::Result<void>& removed) { outcome = removed; });
    runUntil([&] { return outcome.has_value(); });
    return outcome;
}

} // namespace

TEST_CASE("a recording goes from its first byte to an ordinary MP4 under one URL") {
    Folder folder;
    Bench bench(folder);
    const auto part = bench.archive->pathFor("demo", at(0));
    REQUIRE(part);
    CHECK(*part == folder.path / "recordings/demo/20261120T101500.123Z.mp4.part");
    CHECK(fs::is_directory(folder.path / "recordings/demo"));
    CHECK(bench.archive->list().empty());

    fragmented::write(*part);
    bench.tell(*part, RecordingPhase::Recording);
    CHECK(bench.state(kFirstId) == State::Recording);
    const auto growing = bench.archive->media(kFirstId);
    REQUIRE(growing);
    CHECK(growing->path == *part);
    CHECK(growing->length == static_cast<std::int64_t>(fs::file_size(*part)));

    bench.tell(*part, RecordingPhase::Stopped);
    CHECK(bench.state(kFirstId) == State::Finishing);
    const auto waiting = bench.archive->media(kFirstId);
    REQUIRE(waiting);
    CHECK(waiting->path == *part);
    CHECK(waiting->etag != growing->etag);
    bench.tell(*part, RecordingPhase::Stopped, true);

    REQUIRE(bench.waitFor(State::Finished));
    const auto finished = bench.archive->media(kFirstId);
    REQUIRE(finished);
    CHECK(finished->path == folder.path / "recordings/demo/20261120T101500.123Z.mp4");
    CHECK(finished->etag != waiting->etag);
    CHECK_FALSE(finished->length);
    CHECK(fs::exists(finished->path));
    CHECK_FALSE(fs::exists(*part));
    const auto info = bench.archive->find(kFirstId);
    CHECK(info->bytes == static_cast<std::int64_t>(fs::file_size(finished->path)));
    CHECK(std::chrono::duration<double>(info->duration).count() == Approx(4).margin(0.1));
    CHECK(info->warning.empty());

    std::vector<State> states;
    for (const auto& told : bench.told) {
        states.push_back(told.state);
    }
    CHECK(states == std::vector{State::Recording, State::Finishing, State::Finished});
}

TEST_CASE("recordings that begin in the same millisecond get different ids") {
    Folder folder;
    Bench bench(folder);
    const auto first = bench.archive->pathFor("demo", at(0));
    std::ofstream(*first) << "x";
    const auto second = bench.archive->pathFor("demo", at(0));
    REQUIRE(second);
    CHECK_THAT(*second, Catch::EndsWith("T101500.124Z.mp4.part"));
    CHECK_FALSE(bench.archive->pathFor("../demo", at(0)));
    CHECK_FALSE(fs::exists(folder.path / "demo"));
}

TEST_CASE("too little free space refuses a recording before it begins") {
    Folder folder;
    Bench bench(folder, INT64_MAX / 4);
    const auto part = bench.archive->pathFor("demo", at(0));
    REQUIRE_FALSE(part);
    CHECK(part.error().problem == Problem::NoSpace);
}

TEST_CASE("a recording that a full disk ended keeps its warning when it is finished") {
    Folder folder;
    Bench bench(folder);
    const auto part = bench.archive->pathFor("demo", at(0));
    fragmented::write(*part);
    bench.tell(*part, RecordingPhase::Recording);
    bench.tell(*part, RecordingPhase::Failed, false, "the disk is full");
    CHECK(bench.state(kFirstId) == State::Finishing);
    CHECK(bench.archive->find(kFirstId)->warning == "the disk is full");
    REQUIRE(bench.waitFor(State::Finished));
    CHECK(bench.archive->find(kFirstId)->warning == "the disk is full");
}

TEST_CASE("a recording whose process was killed is finished and says so") {
    Folder folder;
    Bench bench(folder);
    const auto part = bench.archive->pathFor("demo", at(0));
    const auto lengths = fragmented::write(*part);
    fs::resize_file(*part, static_cast<std::uintmax_t>(lengths[4] + 1234));
    bench.tell(*part, RecordingPhase::Recording, true);
    REQUIRE(bench.waitFor(State::Finished));
    const auto info = bench.archive->find(kFirstId);
    CHECK(std::chrono::duration<double>(info->duration).count() == Approx(2).margin(0.1));
    CHECK_THAT(info->warning, Catch::Contains("ended before"));
}

TEST_CASE("what could not begin leaves nothing in the list") {
    Folder folder;
    Bench bench(folder);
    const auto part = bench.archive->pathFor("demo", at(0));
    bench.tell(*part, RecordingPhase::Failed, false, "no access");
    CHECK(runUntil([&] { return bench.archive->list().empty(); }));
}

TEST_CASE("only a recording that was asked for is believed") {
    Folder folder;
    Bench bench(folder);
    bench.tell(folder.file("20261120T101500.123Z.mp4.part"), RecordingPhase::Recording);
    bench.tell("/etc/passwd", RecordingPhase::Recording);
    CHECK(bench.archive->list().empty());
}

TEST_CASE("ids that name no recording are not found, whatever they hold") {
    Folder folder;
    Bench bench(folder);
    for (const char* id : {"", "demo", "../../etc/passwd", "demo-20261120T101500.123Z",
                           "demo-20261120T101500.123Z/../x", "..-20261120T101500.123Z"}) {
        CHECK(bench.archive->find(id).error().problem == Problem::NotFound);
        CHECK(bench.archive->media(id).error().problem == Problem::NotFound);
        CHECK(removeAndWait(bench, id)->error().problem == Problem::NotFound);
    }
}

TEST_CASE("deleting removes every file, but not one that grows") {
    Folder folder;
    Bench bench(folder);
    const auto part = bench.archive->pathFor("demo", at(0));
    fragmented::write(*part);
    bench.tell(*part, RecordingPhase::Recording);
    CHECK(removeAndWait(bench, kFirstId)->error().problem == Problem::Conflict);
    CHECK(fs::exists(*part));

    bench.tell(*part, RecordingPhase::Stopped, true);
    SECTION("while it is being finished") {}
    SECTION("when it is finished") {
        REQUIRE(bench.waitFor(State::Finished));
    }
    const auto removed = removeAndWait(bench, kFirstId);
    REQUIRE(removed);
    CHECK(*removed);
    CHECK(fs::is_empty(folder.path / "recordings/demo"));
    CHECK(bench.archive->list().empty());
    CHECK(bench.told.back().state == State::Deleted);
    CHECK(removeAndWait(bench, kFirstId)->error().problem == Problem::NotFound);
}
