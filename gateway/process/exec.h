#pragma once

#include "pipelines/base/result.h"

#include <csignal>
#include <optional>
#include <string>
#include <sys/types.h>
#include <vector>

namespace process {

/// Who the gateway's children run as.
struct User {
    std::string name;
    uid_t uid = 0;
    gid_t gid = 0;
};
/// `spillway` if there is such a user, else `nobody`; nothing when we are not root: then children
/// run as we do.
base::Result<std::optional<User>> childUser();

/// How a child is started. The descriptors stay the caller's; the child gets copies.
struct Plan {
    static constexpr int kFirstInherited = 3;

    std::string program;                  ///< its path, which `user` need not be able to walk
    std::string name;                     ///< what ps calls it
    std::vector<std::string> arguments;   ///< after the name
    std::vector<std::string> environment; ///< "NAME=value"; the child has no other variables
    int input = -1;                       ///< becomes standard input; -1: /dev/null
    int output = -1;                      ///< becomes standard output; -1: our standard error
    int errors = -1;                      ///< becomes standard error; -1: ours
    std::vector<int> inherited;           ///< become kFirstInherited and the numbers after it
    std::optional<User> user;             ///< who the child becomes; nothing: who we are
    int deathSignal = SIGTERM;            ///< what the child gets when the gateway dies
};

/// The pid of a new child: in a session of its own, without a way to more privileges, the first to
/// be killed when memory is short, with no descriptor but those of the plan. Fails when the program
/// can't be opened or no process can be made; one that can't be executed exits with 127.
base::Result<pid_t> run(const Plan& plan);
/// "exited with 1", "was killed by signal 9 (Killed)"; `status` is waitpid's.
std::string describeExit(int status);

} // namespace process
