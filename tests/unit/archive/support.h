#pragma once

#include "gateway/archive/archive.h"

#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace archive_test {

/// 2026-11-20T10:15:00.123Z and so many seconds.
base::WallTime at(int seconds);
inline constexpr const char* kFirstId = "demo-20261120T101500.123Z";

/// A data folder, gone with this value.
struct Folder {
    std::filesystem::path path;

    Folder();
    Folder(const Folder&) = delete;
    Folder& operator=(const Folder&) = delete;
    ~Folder();

    /// Where a recording of `demo` lies; its folder is made.
    [[nodiscard]] std::filesystem::path file(const std::string& name) const;
};

/// An archive on that folder, and what it told.
struct Bench {
    Folder& folder;
    std::unique_ptr<archive::Archive> archive;
    std::vector<archive::RecordingInfo> told;

    explicit Bench(Folder& data, std::int64_t minimumFree = 0);

    [[nodiscard]] std::optional<archive::State> state(const std::string& id) const;
    bool waitFor(archive::State state, const std::string& id = kFirstId) const;
    /// As the registry tells it.
    void tell(const std::string& path, control::RecordingPhase phase, bool gone = false,
              const std::string& message = "") const;
};

} // namespace archive_test
