#pragma once

#include "gateway/archive/recording.h"
#include "pipelines/base/log.h"
#include "pipelines/base/result.h"

#include <functional>
#include <map>
#include <memory>
#include <string>
#include <vector>

struct sqlite3;

namespace archive {

/// All recordings by id. Answers come from memory, so they need no disk and stay right when it is
/// full. Changes also go to an SQLite file with a write-ahead log, one short statement each; that
/// file can always be made anew from the recordings. Owned by Archive. Thread-bound.
class Index {
public:
    /// A file that is damaged or of another version is renamed to `<path>.damaged`, and the index
    /// is empty.
    static base::Result<Index> open(const std::string& path);

    /// Null for an unknown one; valid until the next change.
    [[nodiscard]] const RecordingInfo* find(const Id& id) const;
    [[nodiscard]] std::vector<RecordingInfo> newestFirst() const;

    /// When the file can't be written, a warning is logged and memory alone is changed: the next
    /// start finds the recordings by their files.
    void put(const RecordingInfo& recording);
    void remove(const Id& id);
    /// Changes memory only, for a recording that grows.
    void putInMemory(const RecordingInfo& recording);
    /// What `changes` puts and removes is one write.
    void together(const std::function<void()>& changes);

private:
    struct Close {
        void operator()(sqlite3* database) const noexcept;
    };
    using Database = std::unique_ptr<sqlite3, Close>;

    explicit Index(Database database) : database_(std::move(database)) {}
    static base::Result<Index> load(const std::string& path);
    void warnUnless(bool written) const;

    base::Logger log_{"archive"};
    Database database_;
    std::map<std::string, RecordingInfo> recordings_;
};

} // namespace archive
