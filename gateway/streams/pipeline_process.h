#pragma once

#include "gateway/process/child.h"
#include "gateway/streams/sandbox.h"
#include "pipelines/base/line_channel.h"
#include "pipelines/base/log.h"
#include "pipelines/base/loop.h"
#include "pipelines/base/result.h"
#include "pipelines/control/messages.h"

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <utility>

namespace streams {

/// One `spillway-pipeline` and the line to it. Whatever it does, onGone comes once: when the
/// process is reaped and everything it said was read. Owned by the pool, then by its stream.
/// Thread-bound.
class PipelineProcess {
public:
    struct Handlers {
        std::function<void(const control::FromPipeline&)>
            onMessage;                                         ///< all but Ready and Stats too
        std::function<void(const std::string& reason)> onGone; ///< may destroy this
    };

    static base::Result<std::unique_ptr<PipelineProcess>>
    start(const Sandbox& sandbox, const std::string& program, Handlers handlers);
    PipelineProcess(const PipelineProcess&) = delete;
    PipelineProcess& operator=(const PipelineProcess&) = delete;

    void setHandlers(Handlers handlers) { handlers_ = std::move(handlers); }
    void send(const control::ToPipeline& message);
    /// Asks it to end; it is terminated when it has not after kStopTime.
    void stop();
    /// SIGTERM, a little later SIGKILL. `reason` becomes that of onGone.
    void terminate(const std::string& reason);

private:
    explicit PipelineProcess(Handlers handlers) : handlers_(std::move(handlers)) {}
    base::Result<void> begin(const Sandbox& sandbox, const std::string& program);
    void onLine(std::string_view line);
    void onClosed(const base::Error& reason);
    void onExit(const std::string& how);
    void onBeat();
    void finishWhenGone();

    Handlers handlers_;
    base::Logger log_{"pipeline"};
    std::unique_ptr<process::Child> child_;
    std::unique_ptr<base::LineChannel> channel_;
    base::Timer heartbeat_;
    base::Timer deadline_; ///< of the start, of stop(), or until socket and process both ended
    int missedBeats_ = 0;
    std::optional<std::string> cause_; ///< why we ended it
    std::optional<std::string> exit_;  ///< how it ended
    bool drained_ = false;             ///< everything it said was read
    bool stopping_ = false;
    bool gone_ = false;
};

} // namespace streams
