#include "gateway/archive/index.h"
#include "tests/unit/archive/support.h"

#include <catch2/catch.hpp>
#include <fstream>
#include <sqlite3.h>

using archive::Id;
using archive::Index;
using archive::RecordingInfo;
using archive::State;
using archive_test::at;
using archive_test::Folder;
namespace fs = std::filesystem;

namespace {

RecordingInfo recording(const std::string& stream, int seconds) {
    RecordingInfo info{Id(stream, at(seconds))};
    info.duration = std::chrono::seconds(seconds);
    info.bytes = seconds * 1000;
    info.state = State::Finished;
    info.warning = "it's \"quoted\"";
    return info;
}

} // namespace

TEST_CASE("the index outlives its process, newest first") {
    const Folder folder;
    const std::string path = folder.path / "recordings.db";
    {
        auto index = Index::open(path);
        REQUIRE(index);
        index->put(recording("a", 1));
        index->together([&] {
            index->put(recording("b", 3));
            index->put(recording("c", 2));
            index->put(recording("d", 4));
        });
        index->remove(Id("d", at(4)));
        RecordingInfo grown = recording("a", 1);
        grown.bytes = 5'000'000'000;
        index->put(grown);
    }
    const auto index = Index::open(path);
    REQUIRE(index);
    const auto all = index->newestFirst();
    REQUIRE(all.size() == 3);
    CHECK(all[0].id.stream() == "b");
    CHECK(all[1].id.stream() == "c");
    CHECK(all[2].id.stream() == "a");
    CHECK(all[2].bytes == 5'000'000'000);
    CHECK(all[2].duration == std::chrono::seconds(1));
    CHECK(all[2].state == State::Finished);
    CHECK(all[2].warning == "it's \"quoted\"");
    CHECK(index->find(Id("b", at(3))) != nullptr);
    CHECK(index->find(Id("b", at(4))) == nullptr);
}

TEST_CASE("a damaged index is set aside") {
    const Folder folder;
    const std::string path = folder.path / "recordings.db";
    SECTION("no database at all") {
        std::ofstream(path) << std::string(10'000, 'x');
    }
    SECTION("cut") {
        {
            auto index = Index::open(path);
            for (int i = 0; i < 500; ++i) {
                index->put(recording("a", i));
            }
        }
        fs::resize_file(path, fs::file_size(path) / 2);
    }
    SECTION("of a version to come") {
        { REQUIRE(Index::open(path)); }
        sqlite3* database = nullptr;
        REQUIRE(sqlite3_open(path.c_str(), &database) == SQLITE_OK);
        sqlite3_exec(database, "PRAGMA user_version = 99", nullptr, nullptr, nullptr);
        sqlite3_close(database);
    }
    auto index = Index::open(path);
    REQUIRE(index);
    CHECK(index->newestFirst().empty());
    CHECK(fs::exists(path + ".damaged"));
    index->put(recording("a", 1));
    CHECK(index->newestFirst().size() == 1);
}

TEST_CASE("an index that can't be opened is an error that names it") {
    const Folder folder;
    const auto index = Index::open(folder.path / "nowhere/recordings.db");
    REQUIRE_FALSE(index);
    CHECK_THAT(index.error().message, Catch::Contains("nowhere/recordings.db"));
}
