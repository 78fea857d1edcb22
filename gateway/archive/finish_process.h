#pragma once

#include "gateway/process/child.h"
#include "pipelines/base/loop.h"
#include "pipelines/base/result.h"
#include "pipelines/base/units.h"

#include <cstdint>
#include <functional>
#include <memory>
#include <string>

namespace archive {

/// What a child tells about the ordinary MP4 that it made or looked at.
struct Facts {
    base::Nanoseconds duration{};
    std::int64_t bytes = 0;
};

/// One `spillway-pipeline --finish FILE`: without root, and without a look at other folders than
/// the file's. Destroying it kills the child, which costs nothing but its work. Thread-bound.
class FinishProcess {
public:
    /// Conflict: somebody still writes the file. NotFound, NoSpace, Unprocessable (nothing whole in
    /// it), Timeout, Internal.
    using Done = std::function<void(base::Result<Facts>)>;

    /// `done` is called once, later, when the child is gone.
    static base::Result<std::unique_ptr<FinishProcess>>
    start(const std::string& program, const std::string& file, base::Milliseconds limit, Done done);
    FinishProcess(const FinishProcess&) = delete;
    FinishProcess& operator=(const FinishProcess&) = delete;

    /// done() follows, with what the child had managed.
    void kill() { child_->kill(); }

private:
    explicit FinishProcess(Done done) : done_(std::move(done)) {}
    void onExit();

    Done done_;
    std::unique_ptr<process::Child> child_;
    std::string answer_; ///< its last line
    base::Timer deadline_;
    bool late_ = false;
};

} // namespace archive
