#include "gateway/streams/exec.h"

#include <cerrno>
#include <csignal>
#include <cstring>
#include <fcntl.h>
#include <grp.h>
#include <linux/close_range.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

// Only async-signal-safe calls between fork and exec: GIO's threads may hold any lock at the fork.

namespace streams {

namespace {

[[noreturn]] void giveUp(const char* what) {
    const char* parts[] = {"spillway: a process could not be started: ", what, ": ",
                           strerrordesc_np(errno), "\n"};
    for (const char* part : parts) {
        if (part != nullptr && ::write(STDERR_FILENO, part, std::strlen(part)) < 0) {
            break;
        }
    }
    ::_exit(kCantExecute);
}

void restoreSignals() {
    sigset_t none;
    sigemptyset(&none);
    ::sigprocmask(SIG_SETMASK, &none, nullptr);
    for (const int number : {SIGPIPE, SIGINT, SIGTERM, SIGHUP, SIGCHLD}) {
        ::signal(number, SIG_DFL);
    }
}

void arrangeDescriptors(const ChildPlan& plan) {
    // Sees every descriptor close itself at exec, then lets go of those that stay.
    if (::syscall(SYS_close_range, 3U, ~0U, CLOSE_RANGE_CLOEXEC) != 0) {
        giveUp("close_range");
    }
    int folder = ChildPlan::kFirstFolder;
    for (const int fd : plan.folders) {
        if (::dup2(fd, folder++) < 0) {
            giveUp("dup2");
        }
    }
    if (::dup2(plan.socket, STDIN_FILENO) < 0 ||
        ::dup2(plan.output >= 0 ? plan.output : STDERR_FILENO, STDOUT_FILENO) < 0 ||
        (plan.errors >= 0 && ::dup2(plan.errors, STDERR_FILENO) < 0)) {
        giveUp("dup2");
    }
}

/// When memory is short a stream goes, not the server of all streams.
void volunteerForOom() {
    const int fd = ::open("/proc/self/oom_score_adj", O_WRONLY | O_CLOEXEC);
    if (fd >= 0) {
        [[maybe_unused]] const ssize_t written = ::write(fd, "500", 3);
        ::close(fd);
    }
}

void dropPrivileges(const ChildPlan& plan) {
    // The raw calls: glibc's synchronise all threads, which are not there after fork.
    if (plan.dropTo && (::syscall(SYS_setgroups, 0, nullptr) != 0 ||
                        ::syscall(SYS_setresgid, plan.dropTo->second, plan.dropTo->second,
                                  plan.dropTo->second) != 0 ||
                        ::syscall(SYS_setresuid, plan.dropTo->first, plan.dropTo->first,
                                  plan.dropTo->first) != 0)) {
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

} // namespace

pid_t run(const ChildPlan& plan) {
    std::vector<char*> arguments = pointersTo(plan.arguments);
    arguments.insert(arguments.begin(), const_cast<char*>(plan.name.c_str()));
    const std::vector<char*> environment = pointersTo(plan.environment);
    const pid_t parent = ::getpid();

    const pid_t pid = ::fork();
    if (pid != 0) {
        return pid;
    }
    restoreSignals();
    ::setsid(); // Ctrl-C in the terminal is for the gateway, which ends the pipelines in order
    arrangeDescriptors(plan);
    volunteerForOom();
    dropPrivileges(plan);
    ::prctl(PR_SET_PDEATHSIG, plan.deathSignal); // after the change of user, which clears it
    if (::getppid() != parent) {
        ::_exit(kCantExecute);
    }
    ::syscall(SYS_execveat, plan.programFd, "", arguments.data(), environment.data(),
              AT_EMPTY_PATH);
    // A script: its interpreter opens it by name.
    ::execve(plan.program.c_str(), arguments.data(), environment.data());
    giveUp(plan.program.c_str());
}

std::string describeExit(int status) {
    if (WIFSIGNALED(status)) {
        return std::string("was killed by signal ") + std::to_string(WTERMSIG(status)) + " (" +
               strsignal(WTERMSIG(status)) + ")";
    }
    const int code = WEXITSTATUS(status);
    if (code == kCantExecute) {
        return "could not be executed";
    }
    return "exited with " + std::to_string(code);
}

} // namespace streams
