#pragma once

#include "gateway/archive/database.h"
#include "gateway/archive/recording.h"
#include "pipelines/base/log.h"
#include "pipelines/base/result.h"

#include <functional>
#include <map>
#include <memory>
#include <string>
#include <vector>

namespace archive {

/// All recordings by id. Answers come from memory: they wait for no disk and stay right when it is
/// full; changes go to the index file too. Owned by Archive. Thread-bound.
class Index {
public:
    /// A damaged file, or one of another version, is set aside as `<path>.damaged`, and the index
    /// is empty.
    static base::Result<Index> open(const std::string& path);

    /// Null for an unknown one; valid until the next change.
    [[nodiscard]] const RecordingInfo* find(const Id& id) const;
    [[nodiscard]] std::vector<RecordingInfo> newestFirst() const;

    /// A file that can't be written costs a warning: the next start finds the recordings
    /// themselves.
    void put(const RecordingInfo& recording);
    /// Of one that grows: kept in memory only.
    void progress(const RecordingInfo& recording);
    void remove(const Id& id);
    /// Makes one write of what `changes` puts and removes.
    void together(const std::function<void()>& changes);

private:
    explicit Index(std::unique_ptr<Database> database) : database_(std::move(database)) {}
    void report(const base::Result<void>& written) const;

    base::Logger log_{"archive"};
    std::unique_ptr<Database> database_;
    std::map<std::string, RecordingInfo> recordings_;
};

} // namespace archive
