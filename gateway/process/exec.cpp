#include "gateway/process/exec.h"

#include "pipelines/base/system_error.h"
#include "pipelines/base/unique.h"

#include <cerrno>
#include <csignal>
#include <cstring>
#include <fcntl.h>
#include <grp.h>
#include <linux/close_range.h>
#include <pwd.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

namespace process {

namespace {

using base::UniqueFd;

constexpr int kCannotExecute = 127;

/// What is allocated and opened before the fork. Between fork and exec there are only
/// async-signal-safe calls: other threads may hold any lock at the fork.
struct Prepared {
    std::vector<char*> arguments;
    std::vector<char*> environment;
    UniqueFd program;
    UniqueFd input;
    UniqueFd output;
    UniqueFd errors;
    std::vector<UniqueFd> inherited;
};

[[noreturn]] void giveUp(const char* what) {
    const char* parts[] = {"spillway: a process could not be started: ", what, ": ",
                           strerrordesc_np(errno), "\n"};
    for (const char* part : parts) {
        if (part != nullptr && ::write(STDERR_FILENO, part, std::strlen(part)) < 0) {
            break;
        }
    }
    ::_exit(kCannotExecute);
}

void restoreSignals() {
    sigset_t none;
    sigemptyset(&none);
    ::sigprocmask(SIG_SETMASK, &none, nullptr);
    for (const int number : {SIGPIPE, SIGINT, SIGTERM, SIGHUP, SIGCHLD}) {
        ::signal(number, SIG_DFL);
    }
}

void arrangeDescriptors(const Prepared& prepared) {
    // Marks every descriptor to be closed at exec; the copies that dup2 makes are not.
    if (::syscall(SYS_close_range, 3U, ~0U, CLOSE_RANGE_CLOEXEC) != 0) {
        giveUp("close_range");
    }
    int number = Plan::kFirstInherited;
    for (const UniqueFd& fd : prepared.inherited) {
        if (::dup2(fd.get(), number++) < 0) {
            giveUp("dup2");
        }
    }
    if (::dup2(prepared.input.get(), STDIN_FILENO) < 0 ||
        ::dup2(prepared.output.get(), STDOUT_FILENO) < 0 ||
        ::dup2(prepared.errors.get(), STDERR_FILENO) < 0) {
        giveUp("dup2");
    }
}

/// When memory is short the kernel is to kill one child, not the gateway.
void preferForOomKiller() {
    const int fd = ::open("/proc/self/oom_score_adj", O_WRONLY | O_CLOEXEC);
    if (fd >= 0) {
        [[maybe_unused]] const ssize_t written = ::write(fd, "500", 3);
        ::close(fd);
    }
}

void dropPrivileges(const std::optional<User>& user) {
    // The raw calls: glibc's synchronise all threads, which are not there after fork.
    if (user && (::syscall(SYS_setgroups, 0, nullptr) != 0 ||
                 ::syscall(SYS_setresgid, user->gid, user->gid, user->gid) != 0 ||
                 ::syscall(SYS_setresuid, user->uid, user->uid, user->uid) != 0)) {
        giveUp("giving up root");
    }
    if (::prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0) {
        giveUp("no_new_privs");
    }
}

/// As exec takes them, with the null at the end.
std::vector<char*> pointersTo(const std::vector<std::string>& texts) {
    std::vector<char*> pointers;
    for (const std::string& text : texts) {
        pointers.push_back(const_cast<char*>(text.c_str()));
    }
    pointers.push_back(nullptr);
    return pointers;
}

base::Result<Prepared> prepare(const Plan& plan) {
    // Above the numbers that the child's own descriptors get.
    const int lowest = Plan::kFirstInherited + static_cast<int>(plan.inherited.size());
    const auto copy = [lowest](int fd) { return UniqueFd(::fcntl(fd, F_DUPFD_CLOEXEC, lowest)); };
    const auto open = [copy](const char* path) {
        const UniqueFd file(::open(path, O_RDONLY | O_CLOEXEC));
        return file ? copy(file.get()) : UniqueFd();
    };
    Prepared prepared;
    prepared.arguments = pointersTo(plan.arguments);
    prepared.arguments.insert(prepared.arguments.begin(), const_cast<char*>(plan.name.c_str()));
    prepared.environment = pointersTo(plan.environment);
    prepared.program = open(plan.program.c_str());
    if (!prepared.program) {
        return base::fail(base::systemError("the program " + plan.program + " can't be opened"));
    }
    prepared.input = plan.input >= 0 ? copy(plan.input) : open("/dev/null");
    prepared.output = copy(plan.output >= 0 ? plan.output : STDERR_FILENO);
    prepared.errors = copy(plan.errors >= 0 ? plan.errors : STDERR_FILENO);
    bool whole = prepared.input && prepared.output && prepared.errors;
    for (const int fd : plan.inherited) {
        prepared.inherited.push_back(copy(fd));
        whole = whole && prepared.inherited.back();
    }
    if (!whole) {
        return base::fail(base::systemError("no descriptors for " + plan.name));
    }
    return prepared;
}

} // namespace

base::Result<std::optional<User>> childUser() {
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
    return User{entry->pw_name, entry->pw_uid, entry->pw_gid};
}

base::Result<pid_t> run(const Plan& plan) {
    const auto prepared = prepare(plan);
    if (!prepared) {
        return base::fail(prepared.error());
    }
    const pid_t parent = ::getpid();

    const pid_t pid = ::fork();
    if (pid < 0) {
        return base::fail(base::systemError(plan.name + " can't be started"));
    }
    if (pid > 0) {
        return pid;
    }
    restoreSignals();
    ::setsid(); // Ctrl-C in the terminal is for the gateway, which ends its children in order
    arrangeDescriptors(*prepared);
    preferForOomKiller();
    dropPrivileges(plan.user);
    ::prctl(PR_SET_PDEATHSIG, plan.deathSignal); // after the change of user, which clears it
    if (::getppid() != parent) {
        ::_exit(kCannotExecute);
    }
    ::syscall(SYS_execveat, prepared->program.get(), "", prepared->arguments.data(),
              prepared->environment.data(), AT_EMPTY_PATH);
    // A script: its interpreter opens it by name.
    ::execve(plan.program.c_str(), prepared->arguments.data(), prepared->environment.data());
    giveUp(plan.program.c_str());
}

std::string describeExit(int status) {
    if (WIFSIGNALED(status)) {
        return std::string("was killed by signal ") + std::to_string(WTERMSIG(status)) + " (" +
               strsignal(WTERMSIG(status)) + ")";
    }
    const int code = WEXITSTATUS(status);
    if (code == kCannotExecute) {
        return "could not be executed";
    }
    return "exited with " + std::to_string(code);
}

} // namespace process
