#pragma once

#include "gateway/streams/pipeline_process.h"
#include "gateway/streams/sandbox.h"
#include "pipelines/base/backoff.h"

#include <deque>
#include <functional>
#include <list>
#include <memory>
#include <optional>
#include <string>

namespace streams {

class Stream;

/// Keeps exactly one pipeline process ready, and hands it to who needs one. In a burst more are
/// started, two at a time; one that dies at its start is tried again with a growing pause. Owned by
/// the registry. Thread-bound.
class PipelinePool {
public:
    using Taker = std::function<void(std::unique_ptr<PipelineProcess>)>;

    PipelinePool(const Sandbox& sandbox, std::string program);
    PipelinePool(const PipelinePool&) = delete;
    PipelinePool& operator=(const PipelinePool&) = delete;

    /// A ready process, now or later. `stream` tells one that waits from the others.
    void take(const Stream* stream, Taker taker);
    /// It does not want one any more.
    void leave(const Stream* stream);
    /// Why none can be had.
    [[nodiscard]] base::Result<void> health() const;
    /// Ends all and starts no more; `onStopped` is called once none is left, perhaps at once.
    void stop(std::function<void()> onStopped);

private:
    using Processes = std::list<std::unique_ptr<PipelineProcess>>;
    struct Waiting {
        const Stream* stream;
        Taker taker;
    };

    void refill();
    void startOne();
    void onReady(PipelineProcess* process, const control::Ready& ready);
    void onGone(PipelineProcess* process, const std::string& reason);
    void failed(const std::string& reason);
    void handOut();
    void finishStop();

    const Sandbox& sandbox_;
    std::string program_;
    Processes starting_;
    Processes ready_; ///< one, but for the end of a burst
    Processes ending_;
    std::deque<Waiting> waiting_;
    std::optional<std::string> failure_; ///< why the last one died at its start
    base::Backoff backoff_;
    base::Timer retry_;
    bool wasReady_ = false;
    bool stopped_ = false;
    std::function<void()> onStopped_;
};

} // namespace streams
