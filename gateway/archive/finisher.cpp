#include "gateway/archive/finisher.h"

#include <algorithm>
#include <unistd.h>
#include <utility>

namespace archive {

namespace {

using base::Problem;
using base::Result;
using namespace std::chrono_literals;

/// A pipeline that lost its gateway holds its file for up to 5 s.
constexpr base::Milliseconds kFirstPause = 1s;
constexpr base::Milliseconds kLongestPause = 30s;
/// A disk that can't copy 2 MB each second, twice, is broken.
constexpr base::Milliseconds kLeastLimit = 2min;
constexpr std::int64_t kBytesPerMillisecond = 1000;

base::Milliseconds limitFor(std::int64_t bytes) {
    return kLeastLimit + base::Milliseconds(bytes / kBytesPerMillisecond);
}

} // namespace

Finisher::Finisher(Config config, OnDone onDone)
    : config_(std::move(config)), onDone_(std::move(onDone)) {}

Finisher::~Finisher() {
    if (process_) {
        process_.reset();
        unlink((config_.files.path(current_->job.id) + ".finishing").c_str());
    }
}

bool Finisher::has(const Id& id) const {
    return (current_ && !cancelled_ && current_->job.id == id) ||
           std::any_of(waiting_.begin(), waiting_.end(),
                       [&id](const Waiting& waiting) { return waiting.job.id == id; });
}

void Finisher::add(Job job) {
    if (!has(job.id)) {
        waiting_.push_back({std::move(job), {kFirstPause, kLongestPause}, {}});
        startSoon();
    }
}

void Finisher::cancel(const Id& id, std::function<void()> then) {
    waiting_.remove_if([&id](const Waiting& waiting) { return waiting.job.id == id; });
    if (current_ && current_->job.id == id && process_) {
        cancelled_ = std::move(then);
        process_->kill();
    } else {
        base::post(std::move(then));
    }
}

void Finisher::startSoon() {
    soon_ = base::Timer::once(0ms, [this] { startNext(); });
}

void Finisher::startNext() {
    const auto next = std::find_if(waiting_.begin(), waiting_.end(),
                                   [](const Waiting& waiting) { return !waiting.pause.active(); });
    if (!stopped_ && !current_ && next != waiting_.end()) {
        Waiting taken = std::move(*next);
        waiting_.erase(next);
        start(std::move(taken));
    }
}

void Finisher::start(Waiting next) {
    current_ = std::make_unique<Waiting>(std::move(next));
    auto process = launch(current_->job);
    if (process) {
        process_ = std::move(*process);
    } else {
        onGone(base::fail(process.error()));
    }
}

Result<std::unique_ptr<FinishProcess>> Finisher::launch(const Job& job) {
    const bool finish = job.task == Task::Finish;
    if (finish) {
        const auto room = config_.files.checkSpace(job.bytes, config_.minimumFree);
        if (!room) {
            return base::fail(room.error());
        }
    }
    return FinishProcess::start(
        config_.program, finish ? config_.files.part(job.id) : config_.files.path(job.id),
        limitFor(job.bytes), [this](Result<Facts> facts) { onGone(std::move(facts)); });
}

void Finisher::onGone(Result<Facts> facts) {
    const auto process = std::move(process_);
    const auto gone = std::move(current_);
    const auto cancelled = std::exchange(cancelled_, nullptr);
    startSoon();
    if (cancelled) {
        cancelled();
    } else if (!facts && facts.error().problem == Problem::Conflict) {
        tryLater(std::move(*gone));
    } else {
        onDone_(gone->job.id, std::move(facts));
    }
}

void Finisher::tryLater(Waiting waiting) {
    waiting_.push_back(std::move(waiting));
    Waiting& last = waiting_.back();
    last.pause = base::Timer::once(last.backoff.next(), [this] { startSoon(); });
}

} // namespace archive
