#pragma once

#include "gateway/archive/recording.h"
#include "pipelines/base/result.h"

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace archive {

/// What of a recording lies on disk.
struct Found {
    Id id;
    bool part = false; ///< fragmented, to be finished; an ordinary file may lie beside it
    std::int64_t bytes = 0;
};

/// The folder of recordings. A value; its calls wait for the disk. Reentrant.
class RecordingFiles {
public:
    explicit RecordingFiles(std::string folder) : folder_(std::move(folder)) {}

    [[nodiscard]] const std::string& folder() const { return folder_; }
    [[nodiscard]] std::string folderOf(const Id& id) const { return folder_ + "/" + id.stream(); }
    [[nodiscard]] std::string path(const Id& id) const {
        return folderOf(id) + "/" + id.fileName();
    }
    [[nodiscard]] std::string part(const Id& id) const {
        return folderOf(id) + "/" + id.partName();
    }

    /// Every recording; files that no recorder names so are passed over, links too.
    [[nodiscard]] base::Result<std::vector<Found>> scan() const;
    /// Nothing when there is neither file of it.
    [[nodiscard]] std::optional<Found> look(const Id& id) const;
    /// All files of one recording; none is fine.
    [[nodiscard]] base::Result<void> remove(const Id& id) const;
    /// Makes the stream's folder; the id is of the next free millisecond from `start`.
    [[nodiscard]] base::Result<Id> reserve(const std::string& stream, base::WallTime start) const;
    /// Fails with NoSpace when less than `least` would be free after writing `bytes`.
    [[nodiscard]] base::Result<void> checkSpace(std::int64_t bytes, std::int64_t least) const;

private:
    void scanStream(const std::string& folder, std::map<std::string, Found>& found) const;

    std::string folder_;
};

} // namespace archive
