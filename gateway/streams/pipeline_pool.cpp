#include "gateway/streams/pipeline_pool.h"

#include <algorithm>
#include <utility>

namespace streams {

namespace {

using namespace std::chrono_literals;

constexpr base::Milliseconds kFirstPause = 1s;
constexpr base::Milliseconds kLongestPause = 30s;
constexpr std::size_t kAtOnce = 2; ///< processes that start at the same time

const base::Logger kLog("pipelines");

std::string missingText(const std::vector<control::MissingElement>& missing) {
    std::string text = "GStreamer elements are missing:";
    for (const auto& [element, package] : missing) {
        text += " " + element + " (Debian package " + package + ")";
    }
    return text + "; install them with apt";
}

std::unique_ptr<PipelineProcess> takeOut(std::list<std::unique_ptr<PipelineProcess>>& list,
                                         const PipelineProcess* process) {
    const auto at = std::find_if(list.begin(), list.end(),
                                 [&](const auto& entry) { return entry.get() == process; });
    if (at == list.end()) {
        return nullptr;
    }
    auto found = std::move(*at);
    list.erase(at);
    return found;
}

} // namespace

PipelinePool::PipelinePool(const Sandbox& sandbox, std::string program)
    : sandbox_(sandbox), program_(std::move(program)), backoff_(kFirstPause, kLongestPause) {
    refill();
}

void PipelinePool::take(const Stream* stream, Taker taker) {
    waiting_.push_back({stream, std::move(taker)});
    handOut();
}

void PipelinePool::leave(const Stream* stream) {
    std::erase_if(waiting_, [&](const Waiting& entry) { return entry.stream == stream; });
}

void PipelinePool::refill() {
    while (!stopped_ && !retry_.active() && starting_.size() < kAtOnce &&
           starting_.size() + ready_.size() < 1 + waiting_.size()) {
        startOne();
    }
}

void PipelinePool::startOne() {
    auto process = PipelineProcess::start(sandbox_, program_, {});
    if (!process) {
        failed(process.error().message);
        return;
    }
    PipelineProcess* started = process->get();
    started->setHandlers({[this, started](const control::FromPipeline& message) {
                              if (const auto* ready = std::get_if<control::Ready>(&message)) {
                                  onReady(started, *ready);
                              }
                          },
                          [this, started](const std::string& reason) { onGone(started, reason); }});
    starting_.push_back(std::move(*process));
}

void PipelinePool::onReady(PipelineProcess* process, const control::Ready& ready) {
    auto owned = takeOut(starting_, process);
    if (!owned) {
        return;
    }
    const bool wrong = ready.protocol != control::kProtocol;
    if (wrong || !ready.missing.empty()) {
        ending_.push_back(std::move(owned));
        process->stop();
        failed(wrong ? program_ + " is of another version: build both together"
                     : missingText(ready.missing));
        return;
    }
    if (failure_) {
        kLog.info("pipeline processes start again");
    }
    failure_.reset();
    wasReady_ = true;
    ready_.push_back(std::move(owned));
    handOut();
}

void PipelinePool::onGone(PipelineProcess* process, const std::string& reason) {
    if (takeOut(ending_, process)) {
        finishStop();
        return;
    }
    if (!takeOut(starting_, process)) {
        takeOut(ready_, process);
    }
    failed(reason);
}

/// Also after a spare that died while it waited: one that does so at once must not be started in a
/// loop.
void PipelinePool::failed(const std::string& reason) {
    const auto pause = backoff_.next();
    kLog.warning("no spare pipeline process: " + reason + "; next try in " +
                 std::to_string(std::chrono::duration_cast<std::chrono::seconds>(pause).count()) +
                 " s");
    failure_ = reason;
    retry_ = base::Timer::once(pause, [this] { refill(); });
}

void PipelinePool::handOut() {
    while (!stopped_ && !ready_.empty() && !waiting_.empty()) {
        const Taker taker = std::move(waiting_.front().taker);
        waiting_.pop_front();
        auto process = std::move(ready_.front());
        ready_.pop_front();
        backoff_.reset();
        taker(std::move(process));
    }
    while (ready_.size() > 1) { // the end of a burst whose publishers left
        ready_.back()->stop();
        ending_.splice(ending_.end(), ready_, std::prev(ready_.end()));
    }
    refill();
}

base::Result<void> PipelinePool::health() const {
    if (!ready_.empty()) {
        return {};
    }
    if (failure_) {
        return base::fail(base::Problem::Unavailable,
                          "no pipeline process can be started: " + *failure_);
    }
    if (!wasReady_) {
        return base::fail(base::Problem::Unavailable, "the first pipeline process is starting");
    }
    return {};
}

void PipelinePool::stop(std::function<void()> onStopped) {
    stopped_ = true;
    onStopped_ = std::move(onStopped);
    retry_.stop();
    waiting_.clear();
    for (const auto& process : ready_) {
        process->stop();
    }
    for (const auto& process : starting_) {
        process->terminate("it is not needed any more"); // it does not read messages yet
    }
    ending_.splice(ending_.end(), ready_);
    ending_.splice(ending_.end(), starting_);
    finishStop();
}

void PipelinePool::finishStop() {
    if (ending_.empty() && onStopped_) {
        std::exchange(onStopped_, nullptr)();
    }
}

} // namespace streams
