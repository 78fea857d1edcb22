#include "tests/unit/archive/support.h"

#include "tests/support/run_until.h"

#include <catch2/catch.hpp>
#include <cstdlib>
#include <glib.h>

namespace archive_test {

namespace fs = std::filesystem;

base::WallTime at(int seconds) {
    using namespace std::chrono;
    return sys_days(2026y / 11 / 20) + 10h + 15min + 123ms + std::chrono::seconds(seconds);
}

Folder::Folder() {
    gchar* made = g_dir_make_tmp("spillway-archive-XXXXXX", nullptr);
    path = made;
    g_free(made);
}

Folder::~Folder() {
    fs::remove_all(path);
}

fs::path Folder::file(const std::string& name) const {
    fs::create_directories(path / "recordings/demo");
    return path / "recordings/demo" / name;
}

Bench::Bench(Folder& data, std::int64_t minimumFree) : folder(data) {
    const char* child = std::getenv("SPILLWAY_FINISH_CHILD");
    REQUIRE(child != nullptr);
    auto opened = archive::Archive::open({data.path, child, minimumFree, ""});
    REQUIRE(opened);
    archive = std::move(*opened);
    archive->onChanged(
        [this](const archive::RecordingInfo& recording) { told.push_back(recording); });
}

std::optional<archive::State> Bench::state(const std::string& id) const {
    const auto found = archive->find(id);
    return found ? std::optional(found->state) : std::nullopt;
}

bool Bench::waitFor(archive::State wanted, const std::string& id) const {
    return support::runUntil([&] { return state(id) == wanted; });
}

void Bench::tell(const std::string& path, control::RecordingPhase phase, bool gone,
                 const std::string& message) const {
    control::Recording recording;
    recording.output = "mp4";
    recording.phase = phase;
    recording.path = path;
    recording.duration = std::chrono::seconds(4);
    std::error_code none;
    const auto size = fs::file_size(path, none);
    recording.bytes = none ? 0 : static_cast<std::int64_t>(size);
    recording.message = message;
    archive->handle(streams::RecordingChanged{"demo", recording, gone});
}

} // namespace archive_test
