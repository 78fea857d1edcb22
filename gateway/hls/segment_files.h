#pragma once

#include "pipelines/base/loop.h"
#include "pipelines/base/units.h"

#include <map>
#include <optional>
#include <string>

namespace hls {

/// The segment files of one stream name: which of them may be fetched, and their deletion without
/// blocking. Owned by its Channel. Thread-bound.
class SegmentFiles {
public:
    explicit SegmentFiles(std::string directory) : directory_(std::move(directory)) {}
    SegmentFiles(const SegmentFiles&) = delete;
    SegmentFiles& operator=(const SegmentFiles&) = delete;

    /// A plain name, of letters, digits, `-` and `_`, that ends in ".ts".
    [[nodiscard]] static bool validName(const std::string& name);

    void add(const std::string& name);
    /// Deletes it when `after` has passed; until then it is there.
    void retire(const std::string& name, base::Nanoseconds after);
    /// Deletes the whole directory, also what was never added: a killed pipeline leaves such files.
    void clear();
    /// Nothing for a name that was never added or is deleted.
    [[nodiscard]] std::optional<std::string> path(const std::string& name) const;
    [[nodiscard]] const std::string& directory() const { return directory_; }

private:
    void remove(const std::string& name);

    std::string directory_;
    std::map<std::string, base::Timer> files_; ///< by name, until deletion
};

} // namespace hls
