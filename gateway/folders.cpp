#include "gateway/folders.h"

#include <array>
#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <fcntl.h>
#include <gio/gio.h>
#include <sys/file.h>

namespace gateway {

using base::Problem;

namespace {

constexpr const char* kOther = "choose another with --data or data in the group [server]";

base::Result<std::string> makeFolder(const std::string& path) {
    if (g_mkdir_with_parents(path.c_str(), 0755) != 0 || ::access(path.c_str(), W_OK | X_OK) != 0) {
        return base::fail(Problem::Internal, "the folder " + path + " cannot be used (" +
                                                 std::strerror(errno) + "): " + kOther);
    }
    const base::UniqueString real(::realpath(path.c_str(), nullptr));
    return std::string(real ? real.get() : path.c_str());
}

/// The lock goes with the process, however it ends; the number in it is only for people.
base::Result<base::UniqueFd> lock(const std::string& data) {
    const std::string path = data + "/spillway.lock";
    base::UniqueFd file(::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0644));
    if (!file) {
        return base::fail(Problem::Internal, "cannot write in the data folder " + data + " (" +
                                                 std::strerror(errno) + "): " + kOther);
    }
    if (::flock(file.get(), LOCK_EX | LOCK_NB) != 0) {
        std::array<char, 16> owner{};
        const ssize_t length = ::pread(file.get(), owner.data(), owner.size() - 1, 0);
        const std::string who =
            length > 0 ? " (process " + std::to_string(std::atoi(owner.data())) + ")" : "";
        return base::fail(Problem::Conflict, "the data folder " + data +
                                                 " is in use by another Spillway" + who +
                                                 ": stop that one, or " + kOther);
    }
    const std::string pid = std::to_string(::getpid()) + "\n";
    if (::ftruncate(file.get(), 0) != 0 ||
        ::pwrite(file.get(), pid.data(), pid.size(), 0) != static_cast<ssize_t>(pid.size())) {
        return base::fail(Problem::NoSpace, "cannot write in the data folder " + data + " (" +
                                                std::strerror(errno) + "): " + kOther);
    }
    return file;
}

/// In memory where the system offers that: segments come and go every second.
base::Result<std::string> makeRunFolder(const std::string& data) {
    if (const char* runtime = g_getenv("XDG_RUNTIME_DIR"); runtime && runtime[0] == '/') {
        const base::UniqueString hash(
            g_compute_checksum_for_string(G_CHECKSUM_SHA256, data.c_str(), -1));
        auto folder =
            makeFolder(std::string(runtime) + "/spillway/" + std::string(hash.get()).substr(0, 16));
        if (folder) {
            return folder;
        }
    }
    return makeFolder(data + "/run");
}

/// Where the build puts it, seen from the folder of this program.
constexpr const char* kBuiltPipeline = "/../pipelines/spillway-pipeline";

std::string ownFolder() {
    const base::UniqueString self(g_file_read_link("/proc/self/exe", nullptr));
    const base::UniqueString folder(g_path_get_dirname(self ? self.get() : "."));
    return folder.get();
}

} // namespace

base::Result<Folders> Folders::open(const std::string& data) {
    Folders folders;
    auto made = makeFolder(data);
    if (!made) {
        return base::fail(made.error());
    }
    folders.data_ = std::move(*made);
    auto locked = lock(folders.data_);
    if (!locked) {
        return base::fail(locked.error());
    }
    folders.lock_ = std::move(*locked);
    auto recordings = makeFolder(folders.data_ + "/recordings");
    auto run = makeRunFolder(folders.data_);
    if (!recordings || !run) {
        return base::fail(recordings ? run.error() : recordings.error());
    }
    folders.recordings_ = std::move(*recordings);
    folders.run_ = std::move(*run);
    return folders;
}

base::Result<std::string> findPipeline() {
    if (const char* set = g_getenv("SPILLWAY_PIPELINE")) {
        return std::string(set);
    }
    const std::string here = ownFolder();
    for (const std::string& path : {here + kBuiltPipeline, std::string(SPILLWAY_INSTALLED_PIPELINE),
                                    here + "/spillway-pipeline"}) {
        if (::access(path.c_str(), X_OK) == 0) {
            const base::UniqueString real(::realpath(path.c_str(), nullptr));
            return std::string(real.get());
        }
    }
    return base::fail(Problem::MissingPackage,
                      "the program spillway-pipeline is not where it was built or installed: build "
                      "or install it, or name it in $SPILLWAY_PIPELINE");
}

std::string webFolder() {
    if (const char* set = g_getenv("SPILLWAY_WEB")) {
        return set;
    }
    const bool built = ::access((ownFolder() + kBuiltPipeline).c_str(), X_OK) == 0;
    return built ? SPILLWAY_SOURCE_WEB : SPILLWAY_INSTALLED_WEB;
}

} // namespace gateway
