#pragma once

#include "gateway/archive/finish_process.h"
#include "gateway/archive/recording_files.h"
#include "pipelines/base/backoff.h"
#include "pipelines/base/loop.h"
#include "pipelines/base/result.h"

#include <cstdint>
#include <functional>
#include <list>
#include <memory>
#include <string>

namespace archive {

/// Files that wait for `--finish`, one child at a time. A file that somebody still writes is tried
/// again by itself. Owned by Archive. Thread-bound.
class Finisher {
public:
    enum class Task { Finish, Inspect };
    struct Job {
        Id id;
        Task task =
            Task::Finish; ///< of the .part; Inspect only tells the facts of the ordinary MP4
        std::int64_t bytes = 0;
    };
    struct Config {
        std::string program; ///< spillway-pipeline
        RecordingFiles files;
        std::int64_t minimumFree = 0; ///< bytes that must stay free beside the copy
    };
    /// Never with Conflict. Called once for each job that was not cancelled.
    using OnDone = std::function<void(const Id&, base::Result<Facts>)>;

    Finisher(Config config, OnDone onDone);
    Finisher(const Finisher&) = delete;
    Finisher& operator=(const Finisher&) = delete;
    /// A child that is under way is killed, and what it had written goes: the .part is there.
    ~Finisher();

    /// Ignored while there is one of that id.
    void add(Job job);
    [[nodiscard]] bool has(const Id& id) const;
    /// Starts no more children.
    void stop() { stopped_ = true; }
    /// Gives up that job if there is one; `then` is called when no child has the file any more.
    void cancel(const Id& id, std::function<void()> then);

private:
    struct Waiting {
        Job job;
        base::Backoff backoff; ///< between attempts while somebody writes the file
        base::Timer pause;     ///< active: not to be started yet
    };

    void startSoon();
    void startNext();
    void start(Waiting next);
    base::Result<std::unique_ptr<FinishProcess>> launch(const Job& job);
    void onGone(base::Result<Facts> facts);
    void tryLater(Waiting waiting);

    Config config_;
    OnDone onDone_;
    std::list<Waiting> waiting_;
    std::unique_ptr<Waiting> current_;
    std::unique_ptr<FinishProcess> process_;
    std::function<void()> cancelled_; ///< not empty = the current job is given up
    base::Timer soon_;
    bool stopped_ = false;
};

} // namespace archive
