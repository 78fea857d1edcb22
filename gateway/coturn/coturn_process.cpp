#include "gateway/coturn/coturn_process.h"

#include "gateway/streams/exec.h"
#include "gateway/streams/sandbox.h"

#include <array>
#include <cerrno>
#include <csignal>
#include <cstring>
#include <fcntl.h>
#include <glib-unix.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <utility>

namespace coturn {

namespace {

using base::UniqueFd;

base::Error systemError(const std::string& what) {
    return {base::Problem::Internal, what + ": " + std::strerror(errno)};
}

/// Above the numbers that the child's own descriptors get.
UniqueFd raised(const UniqueFd& low) {
    return UniqueFd(low ? fcntl(low.get(), F_DUPFD_CLOEXEC, streams::ChildPlan::kFirstOwn) : -1);
}

#ifndef MFD_NOEXEC_SEAL
#define MFD_NOEXEC_SEAL 0x0008U
#endif

/// Newer kernels want to be told that it is no program; older ones don't know the word.
UniqueFd makeMemory(const char* name) {
    UniqueFd file(memfd_create(name, MFD_CLOEXEC | MFD_NOEXEC_SEAL));
    return file ? std::move(file) : UniqueFd(memfd_create(name, MFD_CLOEXEC));
}

/// Readable for the child's user alone, who opens it below /proc/self/fd.
base::Result<UniqueFd> inMemory(const std::string& text) {
    UniqueFd file = raised(makeMemory("turnserver.conf"));
    if (!file || fchmod(file.get(), 0400) != 0 ||
        write(file.get(), text.data(), text.size()) != static_cast<ssize_t>(text.size())) {
        return base::fail(systemError("no memory for coturn's configuration"));
    }
    return file;
}

base::Result<std::optional<streams::ChildUser>> giveToChild(int file) {
    auto user = streams::childUser();
    if (user && *user && fchown(file, (*user)->uid, (*user)->gid) != 0) {
        return base::fail(systemError("giving coturn's configuration to " + (*user)->name));
    }
    return user;
}

} // namespace

base::Result<pid_t> CoturnProcess::launch(const std::string& program, int config, int output) {
    const auto user = giveToChild(config);
    if (!user) {
        return base::fail(user.error());
    }
    const UniqueFd file = raised(UniqueFd(open(program.c_str(), O_RDONLY | O_CLOEXEC)));
    const UniqueFd nothing = raised(UniqueFd(open("/dev/null", O_RDONLY | O_CLOEXEC)));
    if (!file || !nothing) {
        return base::fail(systemError("opening " + program));
    }
    streams::ChildPlan plan;
    plan.program = program;
    plan.name = "turnserver";
    plan.programFd = file.get();
    // These come before the configuration is read: else its first lines made a log file somewhere.
    plan.arguments = {"-c", "/proc/self/fd/" + std::to_string(streams::ChildPlan::kFirstFolder),
                      "--log-file=stdout", "--simple-log", "--pidfile="};
    plan.socket = nothing.get();
    plan.output = output;
    plan.errors = output;
    plan.folders = {config};
    plan.environment = {"MALLOC_ARENA_MAX=2", "LC_ALL=C.UTF-8"};
    plan.deathSignal = SIGKILL;
    if (*user) {
        plan.dropTo = {(*user)->uid, (*user)->gid};
    }
    const pid_t pid = streams::run(plan);
    if (pid < 0) {
        return base::fail(systemError("starting " + program));
    }
    return pid;
}

base::Result<std::unique_ptr<CoturnProcess>>
CoturnProcess::start(const std::string& program, const std::string& config, Gone onGone) {
    const auto file = inMemory(config);
    if (!file) {
        return base::fail(file.error());
    }
    int ends[2] = {-1, -1};
    if (pipe2(ends, O_CLOEXEC) != 0) {
        return base::fail(systemError("no pipe for coturn"));
    }
    std::unique_ptr<CoturnProcess> process(new CoturnProcess(std::move(onGone)));
    process->output_ = UniqueFd(ends[0]);
    const UniqueFd low(ends[1]);
    const UniqueFd theirs = raised(low);
    if (!theirs || !g_unix_set_fd_nonblocking(ends[0], TRUE, nullptr)) {
        return base::fail(systemError("no pipe for coturn"));
    }
    const auto pid = launch(program, file->get(), theirs.get());
    if (!pid) {
        return base::fail(pid.error());
    }
    process->pid_ = *pid;
    process->watch();
    return process;
}

void CoturnProcess::watch() {
    outputWatch_ = g_unix_fd_add(
        output_.get(), static_cast<GIOCondition>(G_IO_IN | G_IO_HUP),
        [](gint, GIOCondition, gpointer self) noexcept -> gboolean {
            auto* process = static_cast<CoturnProcess*>(self);
            if (process->readOutput()) {
                return G_SOURCE_CONTINUE;
            }
            process->outputWatch_ = 0;
            return G_SOURCE_REMOVE;
        },
        this);
    exitWatch_ = g_child_watch_add(
        pid_,
        [](GPid, gint status, gpointer self) noexcept {
            static_cast<CoturnProcess*>(self)->onExit(status);
        },
        this);
}

CoturnProcess::~CoturnProcess() {
    for (const unsigned watch : {outputWatch_, exitWatch_}) {
        if (watch != 0) {
            g_source_remove(watch);
        }
    }
    if (pid_ > 0) {
        ::kill(pid_, SIGKILL);
        waitpid(pid_, nullptr, 0); // at once: it was killed
    }
}

/// False when nothing will come any more.
bool CoturnProcess::readOutput() {
    std::array<char, 4096> bytes{};
    ssize_t got = 0;
    while ((got = read(output_.get(), bytes.data(), bytes.size())) > 0) {
        for (const std::string& line : lines_.take({bytes.data(), static_cast<std::size_t>(got)})) {
            log(line);
        }
    }
    return got < 0 && (errno == EAGAIN || errno == EINTR);
}

void CoturnProcess::log(const std::string& line) {
    const CoturnLine entry = readCoturnLine(line);
    if (entry.level >= base::log::Level::Warning) {
        complaint_ = entry.text;
    }
    if (!entry.text.empty()) {
        base::log::write(entry.level, "[coturn]", entry.text);
    }
}

void CoturnProcess::onExit(int status) {
    pid_ = -1;
    exitWatch_ = 0;
    readOutput();
    const Gone onGone = std::move(onGone_); // it may destroy this process
    onGone(streams::describeExit(status) + (complaint_.empty() ? "" : ": " + complaint_));
}

std::string findCoturn() {
    if (const char* set = g_getenv("SPILLWAY_TURNSERVER")) {
        return ::access(set, X_OK) == 0 ? set : "";
    }
    const base::UniqueString found(g_find_program_in_path("turnserver"));
    if (found) {
        return found.get();
    }
    for (const char* place : {"/usr/bin/turnserver", "/usr/local/bin/turnserver"}) {
        if (::access(place, X_OK) == 0) {
            return place;
        }
    }
    return "";
}

} // namespace coturn
