#pragma once

#include "gateway/process/exec.h"
#include "pipelines/base/loop.h"
#include "pipelines/base/result.h"
#include "pipelines/base/unique.h"
#include "pipelines/base/units.h"

#include <functional>
#include <memory>
#include <string>
#include <string_view>

namespace process {

/// A child process under supervision: its lines are read, and onExit comes when it is gone.
/// Thread-bound.
class Child {
public:
    static constexpr std::size_t kLongestLine = 4096; ///< a longer one comes in pieces

    struct Handlers {
        /// Each line that it writes to standard output, without the newline. Without this handler
        /// the output goes where the plan says.
        std::function<void(std::string_view line)> onLine;
        /// Once, after the last line; `how` as describeExit. May destroy the child.
        std::function<void(const std::string& how)> onExit;
        bool errorsToo = false; ///< onLine gets what it writes to standard error, too
    };

    static base::Result<std::unique_ptr<Child>> start(Plan plan, Handlers handlers);
    Child(const Child&) = delete;
    Child& operator=(const Child&) = delete;
    /// Kills it when it still runs, and waits until it is gone: at most kReapTime, then it is
    /// reaped later.
    ~Child();

    /// SIGTERM, and SIGKILL when it still runs after `grace`.
    void terminate(base::Milliseconds grace);
    /// SIGKILL.
    void kill() { signal(SIGKILL); }
    [[nodiscard]] pid_t pid() const { return pid_; }

private:
    Child(pid_t pid, base::UniqueFd output, Handlers handlers);
    void signal(int number) const;
    bool readLines();
    void onExit(int status);

    const pid_t pid_;
    base::UniqueFd output_; ///< the end of a pipe that its lines come out of; perhaps none
    Handlers handlers_;
    std::string line_;         ///< the beginning of one that is not complete
    unsigned outputWatch_ = 0; ///< 0: it has ended, or is not read
    unsigned exitWatch_ = 0;   ///< 0: it is reaped
    base::Timer killTimer_;
};

} // namespace process
