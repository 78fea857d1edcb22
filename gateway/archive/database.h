#pragma once

#include "gateway/archive/recording.h"
#include "pipelines/base/result.h"

#include <memory>
#include <string>
#include <vector>

struct sqlite3;

namespace archive {

/// The index file: SQLite with a write-ahead log, one short statement per call. What it holds can
/// be made anew from the recordings. Owned by Index. Thread-bound.
class Database {
public:
    /// Fails with Unprocessable for a file that is damaged or of another version, else with
    /// Internal.
    static base::Result<std::unique_ptr<Database>> open(const std::string& path);
    Database(const Database&) = delete;
    Database& operator=(const Database&) = delete;
    ~Database();

    base::Result<std::vector<RecordingInfo>> load();
    base::Result<void> put(const RecordingInfo& recording);
    base::Result<void> remove(const Id& id);
    /// What is put and removed between these two is one write.
    base::Result<void> begin();
    base::Result<void> commit();

private:
    class Statement;
    explicit Database(sqlite3* handle) : handle_(handle) {}
    base::Result<void> execute(const char* sql);
    base::Result<void> checkVersion();
    base::Result<int> version();
    [[nodiscard]] base::Error fault(const char* doing) const;

    sqlite3* handle_;
};

} // namespace archive
