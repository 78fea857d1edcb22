#pragma once

#include "gateway/process/exec.h"
#include "pipelines/base/result.h"
#include "pipelines/base/unique.h"

#include <optional>
#include <string>
#include <vector>

namespace streams {

/// What a pipeline process may touch. When the gateway is root its children are not: they run as
/// the user `spillway` if there is one, else `nobody`, who can enter neither /root nor a private
/// temporary folder. So they inherit the two folders they write to as descriptors, and are told
/// paths below /proc/self/fd; only the folder of one stream belongs to them. Otherwise nothing is
/// translated. Owned by the registry. Thread-bound.
class Sandbox {
public:
    /// Makes both folders passable for the child's user.
    static base::Result<Sandbox> prepare(std::string runDirectory, std::string recordingsDirectory);

    /// How a process that runs `program` is started; its input is the caller's to set.
    [[nodiscard]] process::Plan plan(const std::string& program) const;

    /// Lets the child write in `directory`.
    [[nodiscard]] base::Result<void> give(const std::string& directory) const;
    [[nodiscard]] std::string toChild(const std::string& path) const;
    /// Also within a text, such as an error message.
    [[nodiscard]] std::string fromChild(std::string text) const;

private:
    struct Folder {
        std::string path;
        std::string childPath; ///< /proc/self/fd/N
        base::UniqueFd fd;
    };

    static base::Result<Folder> openFolder(std::string path, int childFd);
    [[nodiscard]] base::Result<void> prepareCache();
    [[nodiscard]] std::vector<std::string> environment() const;

    std::optional<process::User> user_; ///< empty: children run as we do
    std::vector<Folder> folders_;
    std::string cache_; ///< of GStreamer's plugin registry, writable for the user
};

} // namespace streams
