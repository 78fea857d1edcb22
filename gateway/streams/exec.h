#pragma once

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

    std::string program;                ///< its path, for its name
    std::vector<std::string> arguments; ///< after the name
    int programFd = -1;
    int socket = -1; ///< becomes standard input
    int output = -1; ///< becomes standard output; without one that is standard error
    std::vector<int> folders;
    std::vector<std::string> environment;
    std::optional<std::pair<uid_t, gid_t>> dropTo;
};

/// The child's pid; -1 with errno. A child that can't be set up or executed exits with
/// kCantExecute.
inline constexpr int kCantExecute = 127;
pid_t run(const ChildPlan& plan);

} // namespace streams
