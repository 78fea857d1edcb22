#include "gateway/streams/sandbox.h"

#include "pipelines/base/system_error.h"

#include <cerrno>
#include <fcntl.h>
#include <string_view>
#include <sys/stat.h>

extern char** environ;

namespace streams {

namespace {

using base::systemError;

/// Several places in one text.
void replaceAll(std::string& text, const std::string& from, const std::string& to) {
    for (auto at = text.find(from); at != std::string::npos; at = text.find(from, at + to.size())) {
        text.replace(at, from.size(), to);
    }
}

bool inside(const std::string& path, const std::string& folder) {
    return path.size() > folder.size() && path.starts_with(folder) && path[folder.size()] == '/';
}

} // namespace

base::Result<Sandbox> Sandbox::prepare(std::string runDirectory, std::string recordingsDirectory) {
    auto user = process::childUser();
    if (!user) {
        return base::fail(user.error());
    }
    Sandbox sandbox;
    sandbox.user_ = std::move(*user);
    if (!sandbox.user_) {
        return sandbox;
    }
    sandbox.cache_ = runDirectory + "/.cache"; // no stream is named like that
    int childFd = process::Plan::kFirstInherited;
    for (std::string* path : {&runDirectory, &recordingsDirectory}) {
        if (path->empty()) {
            continue; // nothing is recorded
        }
        auto folder = openFolder(std::move(*path), childFd++);
        if (!folder) {
            return base::fail(folder.error());
        }
        sandbox.folders_.push_back(std::move(*folder));
    }
    if (auto cache = sandbox.prepareCache(); !cache) {
        return base::fail(cache.error());
    }
    return sandbox;
}

base::Result<Sandbox::Folder> Sandbox::openFolder(std::string path, int childFd) {
    base::UniqueFd fd(::open(path.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
    struct stat status {};
    if (!fd || ::fstat(fd.get(), &status) != 0) {
        return base::fail(systemError("the folder " + path + " can't be opened"));
    }
    // Others may pass through it, not look into it.
    if ((status.st_mode & S_IXOTH) == 0 &&
        ::fchmod(fd.get(), (status.st_mode & 07777) | S_IXOTH) != 0) {
        return base::fail(systemError("pipelines can't enter the folder " + path));
    }
    return Folder{std::move(path), "/proc/self/fd/" + std::to_string(childFd), std::move(fd)};
}

/// Without a cache every process would look into every plugin again, for seconds.
base::Result<void> Sandbox::prepareCache() {
    if (::mkdir(cache_.c_str(), 0700) != 0 && errno != EEXIST) {
        return base::fail(systemError("the folder " + cache_ + " can't be made"));
    }
    return give(cache_);
}

base::Result<void> Sandbox::give(const std::string& directory) const {
    if (!user_) {
        return {};
    }
    const base::UniqueFd fd(
        ::open(directory.c_str(), O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC));
    if (!fd || ::fchown(fd.get(), user_->uid, user_->gid) != 0) {
        return base::fail(
            systemError("the folder " + directory + " can't be given to the user " + user_->name));
    }
    return {};
}

std::string Sandbox::toChild(const std::string& path) const {
    for (const Folder& folder : folders_) {
        if (inside(path, folder.path)) {
            return folder.childPath + path.substr(folder.path.size());
        }
    }
    return path;
}

std::string Sandbox::fromChild(std::string text) const {
    for (const Folder& folder : folders_) {
        replaceAll(text, folder.childPath + "/", folder.path + "/");
    }
    return text;
}

std::vector<std::string> Sandbox::environment() const {
    std::vector<std::string> variables;
    for (char** variable = environ; *variable != nullptr; ++variable) {
        const std::string_view text(*variable);
        const bool ofUser = text.starts_with("HOME=") || text.starts_with("XDG_");
        if (!text.starts_with("MALLOC_ARENA_MAX=") && !(user_ && ofUser)) {
            variables.emplace_back(text);
        }
    }
    variables.emplace_back("MALLOC_ARENA_MAX=2"); // keeps memory flat over many streams
    if (user_) {
        const std::string cache = toChild(cache_);
        variables.push_back("HOME=" + cache);
        variables.push_back("XDG_CACHE_HOME=" + cache);
    }
    return variables;
}

process::Plan Sandbox::plan(const std::string& program) const {
    process::Plan plan;
    plan.program = program;
    plan.name = "spillway-pipeline";
    plan.environment = environment();
    for (const Folder& folder : folders_) {
        plan.inherited.push_back(folder.fd.get());
    }
    plan.user = user_;
    return plan;
}

} // namespace streams
