#include "gateway/streams/pipeline_process.h"

#include "pipelines/base/system_error.h"

#include <sys/socket.h>
#include <utility>

namespace streams {

namespace {

using namespace std::chrono_literals;

constexpr base::Milliseconds kStartTime =
    30s;                                 ///< until Ready: a first start looks into every plugin
constexpr base::Milliseconds kBeat = 1s; ///< between two Stats
constexpr int kMissedBeats = 5;
constexpr base::Milliseconds kStopTime = 6s;   ///< the pipeline allows itself 5 s
constexpr base::Milliseconds kTermTime = 2s;   ///< from SIGTERM to SIGKILL
constexpr base::Milliseconds kEndTime = 500ms; ///< between its exit and the end of its socket

} // namespace

base::Result<std::unique_ptr<PipelineProcess>>
PipelineProcess::start(const Sandbox& sandbox, const std::string& program, Handlers handlers) {
    auto process = std::unique_ptr<PipelineProcess>(new PipelineProcess(std::move(handlers)));
    if (auto begun = process->begin(sandbox, program); !begun) {
        return base::fail(begun.error());
    }
    return process;
}

base::Result<void> PipelineProcess::begin(const Sandbox& sandbox, const std::string& program) {
    int ends[2] = {-1, -1};
    if (::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends) != 0) {
        return base::fail(base::systemError("no socket pair for a pipeline"));
    }
    base::UniqueFd ours(ends[0]);
    const base::UniqueFd theirs(ends[1]);
    process::Plan plan = sandbox.plan(program);
    plan.input = theirs.get();
    auto child = process::Child::start(std::move(plan),
                                       {{}, [this](const std::string& how) { onExit(how); }});
    if (!child) {
        return base::fail(child.error());
    }
    child_ = std::move(*child);
    log_ = base::Logger("pipeline " + std::to_string(child_->pid()));
    channel_ = base::LineChannel::open(std::move(ours), base::UniqueFd(),
                                       {[this](std::string_view line) { onLine(line); },
                                        [this](const base::Error& reason) { onClosed(reason); }});
    deadline_ = base::Timer::once(kStartTime, [this] { terminate("it was not ready after 30 s"); });
    return {};
}

void PipelineProcess::send(const control::ToPipeline& message) {
    if (!gone_) {
        channel_->send(control::print(message));
    }
}

void PipelineProcess::stop() {
    if (std::exchange(stopping_, true) || gone_) {
        return;
    }
    send(control::Stop{});
    deadline_ = base::Timer::once(kStopTime, [this] { terminate("it did not stop within 6 s"); });
}

void PipelineProcess::terminate(const std::string& reason) {
    if (gone_ || cause_) {
        return;
    }
    cause_ = reason;
    heartbeat_.stop();
    if (exit_) {
        return;
    }
    log_.debug("terminating: " + reason);
    deadline_.stop();
    child_->terminate(kTermTime);
}

void PipelineProcess::onLine(std::string_view line) {
    if (cause_) {
        return; // nothing it says counts any more
    }
    const auto message = control::readFromPipeline(line);
    if (!message) {
        terminate("it said something that is no message: " + message.error().message);
        return;
    }
    if (std::holds_alternative<control::Stats>(*message)) {
        missedBeats_ = 0;
    } else if (std::holds_alternative<control::Ready>(*message) && !heartbeat_.active()) {
        deadline_.stop();
        heartbeat_ = base::Timer::every(kBeat, [this] { onBeat(); });
    }
    const auto onMessage = handlers_.onMessage; // it may set other handlers
    onMessage(*message);
}

/// Mostly the process has just died, and its exit says why.
void PipelineProcess::onClosed(const base::Error& reason) {
    drained_ = true;
    if (!exit_ && !stopping_ && !cause_) {
        deadline_ = base::Timer::once(kEndTime, [this, text = reason.message] { terminate(text); });
    }
    finishWhenGone();
}

/// Counts turns of our own loop: when the whole machine slept nobody missed anything.
void PipelineProcess::onBeat() {
    if (++missedBeats_ > kMissedBeats) {
        terminate("it gave no sign of life for 5 s");
    }
}

void PipelineProcess::onExit(const std::string& how) {
    exit_ = how;
    heartbeat_.stop();
    deadline_ = base::Timer::once(kEndTime, [this] {
        drained_ = true;
        finishWhenGone();
    });
    finishWhenGone();
}

void PipelineProcess::finishWhenGone() {
    if (gone_ || !exit_ || !drained_) {
        return;
    }
    gone_ = true;
    deadline_.stop();
    const std::string end = "the pipeline process " + *exit_;
    const auto onGone = handlers_.onGone;
    onGone(cause_ ? end + ": " + *cause_ : end);
}

} // namespace streams
