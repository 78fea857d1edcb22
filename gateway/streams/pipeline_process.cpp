#include "gateway/streams/pipeline_process.h"

#include "gateway/streams/exec.h"

#include <csignal>
#include <glib.h>
#include <utility>

namespace streams {

namespace {

using namespace std::chrono_literals;

constexpr base::Milliseconds kStartTime =
    30s;                                 ///< until Ready: a first start looks into every plugin
constexpr base::Milliseconds kBeat = 1s; ///< between two Stats
constexpr int kMissedBeats = 5;
constexpr base::Milliseconds kStopTime = 6s;     ///< the pipeline allows itself 5 s
constexpr base::Milliseconds kTermTime = 2s;     ///< from SIGTERM to SIGKILL
constexpr base::Milliseconds kLastWords = 500ms; ///< between the exit and the end of its socket

} // namespace

base::Result<std::unique_ptr<PipelineProcess>>
PipelineProcess::start(const Sandbox& sandbox, const std::string& program, Handlers handlers) {
    auto child = sandbox.start(program);
    if (!child) {
        return base::fail(child.error());
    }
    auto process = std::unique_ptr<PipelineProcess>(new PipelineProcess(std::move(handlers)));
    process->open(std::move(*child));
    return process;
}

PipelineProcess::PipelineProcess(Handlers handlers) : handlers_(std::move(handlers)) {}

void PipelineProcess::open(Sandbox::Child child) {
    pid_ = child.pid;
    log_ = base::Logger("pipeline " + std::to_string(pid_));
    channel_ = base::LineChannel::open(std::move(child.socket), base::UniqueFd(),
                                       {[this](std::string_view line) { onLine(line); },
                                        [this](const base::Error& reason) { onClosed(reason); }});
    watch_ = g_child_watch_add(
        pid_,
        [](GPid, gint status, gpointer self) noexcept {
            static_cast<PipelineProcess*>(self)->onExit(status);
        },
        this);
    deadline_ = base::Timer::once(kStartTime, [this] { terminate("it was not ready after 30 s"); });
}

PipelineProcess::~PipelineProcess() {
    if (watch_ == 0) {
        return;
    }
    g_source_remove(watch_);
    ::kill(pid_, SIGKILL);
    g_child_watch_add(
        pid_, [](GPid, gint, gpointer) noexcept {}, nullptr);
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
    if (status_) {
        return;
    }
    log_.debug("terminating: " + reason);
    ::kill(pid_, SIGTERM);
    deadline_ = base::Timer::once(kTermTime, [this] { ::kill(pid_, SIGKILL); });
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
    if (!status_ && !stopping_ && !cause_) {
        deadline_ =
            base::Timer::once(kLastWords, [this, text = reason.message] { terminate(text); });
    }
    finishWhenGone();
}

/// Counts turns of our own loop: when the whole machine slept nobody missed anything.
void PipelineProcess::onBeat() {
    if (++missedBeats_ > kMissedBeats) {
        terminate("it gave no sign of life for 5 s");
    }
}

void PipelineProcess::onExit(int status) {
    watch_ = 0;
    status_ = status;
    heartbeat_.stop();
    deadline_ = base::Timer::once(kLastWords, [this] {
        drained_ = true;
        finishWhenGone();
    });
    finishWhenGone();
}

void PipelineProcess::finishWhenGone() {
    if (gone_ || !status_ || !drained_) {
        return;
    }
    gone_ = true;
    deadline_.stop();
    const std::string end = "the pipeline process " + describeExit(*status_);
    const auto onGone = handlers_.onGone;
    onGone(cause_ ? end + ": " + *cause_ : end);
}

} // namespace streams
