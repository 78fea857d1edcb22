#pragma once

#include <csignal>
#include <optional>
#include <string>
#include <sys/types.h>
#include <utility>
#include <vector>

namespace streams {

/// Everything a child needs between fork and exec, worked out before: nothing may be allocated
/// there.
struct ChildPlan {
    static constexpr int kFirstFolder = 3; ///< the child's descriptors from here are `folders`
    static constexpr int kFirstOwn = 10;   ///< descriptors given here are not below

    std::string program;                    ///< its path
    std::string name = "spillway-pipeline"; ///< what ps calls it
    std::vector<std::string> arguments;     ///< after the name
    int programFd = -1;
    int socket = -1;           ///< becomes standard input
    int output = -1;           ///< becomes standard output; without one that is standard error
    int errors = -1;           ///< becomes standard error; without one that is ours
    int deathSignal = SIGTERM; ///< when the gateway dies
    std::vector<int> folders;
    std::vector<std::string> environment;
    std::optional<std::pair<uid_t, gid_t>> dropTo;
};

/// The child's pid; -1 with errno. A child that can't be set up or executed exits with
/// kCantExecute.
inline constexpr int kCantExecute = 127;
pid_t run(const ChildPlan& plan);
/// "exited with 1", "was killed by signal 9 (Killed)"; `status` is waitpid's.
std::string describeExit(int status);

} // namespace streams
