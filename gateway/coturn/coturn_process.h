#pragma once

#include "gateway/coturn/coturn_log.h"
#include "pipelines/base/result.h"
#include "pipelines/base/unique.h"

#include <functional>
#include <memory>
#include <string>
#include <sys/types.h>

namespace coturn {

/// One `turnserver`, without root, ended with the gateway however that ends. Its configuration is
/// in memory that only it and we hold: no file, no argument, tells the secret. Owned by the
/// embedded relay. Thread-bound.
class CoturnProcess {
public:
    /// Called once when it is gone, with how it ended and what it last complained of; may destroy
    /// this.
    using Gone = std::function<void(const std::string& reason)>;

    static base::Result<std::unique_ptr<CoturnProcess>>
    start(const std::string& program, const std::string& config, Gone onGone);
    CoturnProcess(const CoturnProcess&) = delete;
    CoturnProcess& operator=(const CoturnProcess&) = delete;
    /// Kills it, which costs nothing but the sessions that go through it: it keeps no files.
    ~CoturnProcess();

    [[nodiscard]] pid_t pid() const { return pid_; }

private:
    explicit CoturnProcess(Gone onGone) : onGone_(std::move(onGone)) {}
    static base::Result<pid_t> launch(const std::string& program, int config, int output);
    void watch();
    bool readOutput();
    void log(const std::string& line);
    void onExit(int status);

    Gone onGone_;
    base::UniqueFd output_; ///< the end of a pipe where its lines come out
    LineCutter lines_;
    std::string complaint_; ///< the last one
    pid_t pid_ = -1;        ///< not after it was waited for
    unsigned outputWatch_ = 0;
    unsigned exitWatch_ = 0;
};

/// Where coturn is: $SPILLWAY_TURNSERVER, else on the PATH or where Debian and its makers put it.
/// Empty: it is not installed.
[[nodiscard]] std::string findCoturn();

} // namespace coturn
