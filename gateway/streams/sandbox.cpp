#include "gateway/streams/sandbox.h"

#include "gateway/streams/exec.h"

#include <cerrno>
#include <cstring>
#include <fcntl.h>
#include <pwd.h>
#include <sys/socket.h>
#include <sys/stat.h>

extern char** environ;

namespace streams {

namespace {

base::Error systemError(const std::string& what) {
    return base::Error{base::Problem::Internal, what + ": " + std::strerror(errno)};
}

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

base::Result<std::optional<ChildUser>> childUser() {
    if (::geteuid() != 0) {
        return std::nullopt;
    }
    const passwd* entry = ::getpwnam("spillway");
    entry = entry != nullptr ? entry : ::getpwnam("nobody");
    if (entry == nullptr || entry->pw_uid == 0) {
        return base::fail(
            base::Problem::Internal,
            "pipelines don't run as root, and there is no user `spillway` or `nobody`: "
            "add one, or start spillway as an ordinary user");
    }
    return ChildUser{entry->pw_name, entry->pw_uid, entry->pw_gid};
}

base::Result<Sandbox> Sandbox::prepare(std::string runDirectory, std::string recordingsDirectory) {
    auto user = childUser();
    if (!user) {
        return base::fail(user.error());
    }
    Sandbox sandbox;
    sandbox.user_ = std::move(*user);
    if (!sandbox.user_) {
        return sandbox;
    }
    sandbox.cache_ = runDirectory + "/.cache"; // no stream is named like that
    int childFd = ChildPlan::kFirstFolder;
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
    const base::UniqueFd low(::open(path.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
    struct stat status {};
    if (!low || ::fstat(low.get(), &status) != 0) {
        return base::fail(systemError("the folder " + path + " can't be opened"));
    }
    // Others may pass through it, not look into it.
    if ((status.st_mode & S_IXOTH) == 0 &&
        ::fchmod(low.get(), (status.st_mode & 07777) | S_IXOTH) != 0) {
        return base::fail(systemError("pipelines can't enter the folder " + path));
    }
    base::UniqueFd high(::fcntl(low.get(), F_DUPFD_CLOEXEC, ChildPlan::kFirstOwn));
    if (!high) {
        return base::fail(systemError("no descriptor for " + path));
    }
    return Folder{std::move(path), "/proc/self/fd/" + std::to_string(childFd), std::move(high)};
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

base::Result<Sandbox::Child> Sandbox::start(const std::string& program) const {
    // Opened by us: the child's user may not be able to walk there.
    const base::UniqueFd low(::open(program.c_str(), O_RDONLY | O_CLOEXEC));
    const base::UniqueFd file(low ? ::fcntl(low.get(), F_DUPFD_CLOEXEC, ChildPlan::kFirstOwn) : -1);
    if (!file) {
        return base::fail(systemError("the pipeline program " + program + " can't be opened"));
    }
    int ends[2] = {-1, -1};
    if (::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends) != 0) {
        return base::fail(systemError("no socket pair for a pipeline"));
    }
    base::UniqueFd ours(ends[0]);
    const base::UniqueFd lowTheirs(ends[1]);
    const base::UniqueFd theirs(::fcntl(lowTheirs.get(), F_DUPFD_CLOEXEC, ChildPlan::kFirstOwn));
    if (!theirs) {
        return base::fail(systemError("no descriptor for a pipeline"));
    }

    ChildPlan plan;
    plan.program = program;
    plan.programFd = file.get();
    plan.socket = theirs.get();
    plan.environment = environment();
    for (const Folder& folder : folders_) {
        plan.folders.push_back(folder.fd.get());
    }
    if (user_) {
        plan.dropTo = {user_->uid, user_->gid};
    }
    const pid_t pid = run(plan);
    if (pid < 0) {
        return base::fail(systemError("a pipeline process can't be started"));
    }
    return Child{pid, std::move(ours)};
}

} // namespace streams
