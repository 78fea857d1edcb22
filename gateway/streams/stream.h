#pragma once

#include "gateway/streams/outputs.h"
#include "gateway/streams/pipeline_pool.h"
#include "gateway/streams/pipeline_process.h"
#include "gateway/streams/publishers.h"
#include "gateway/streams/registry.h"
#include "pipelines/base/log.h"
#include "pipelines/base/loop.h"

#include <chrono>
#include <functional>
#include <memory>
#include <string>

namespace streams {

/// One stream from its first publisher's offer to the end of its process: states and deadlines.
/// Owned by the registry. Thread-bound.
class Stream {
public:
    struct Identity {
        std::string name;
        int number = 0; ///< differs from that of any other stream of this gateway
        std::string session;
    };

    Stream(const Shared& shared, PipelinePool& pool, Heritage& heritage, const Identity& identity);
    Stream(const Stream&) = delete;
    Stream& operator=(const Stream&) = delete;
    ~Stream() { pool_.leave(number_); }

    /// Asks for a process. Both are called later: `answered` once, `ended` as the last thing.
    void start(Offer offer, Publishers::Answered answered, std::function<void()> ended);
    /// Another session is to take the place of the current one, at its first key frame. Only while
    /// live.
    void replace(const Offer& offer, const std::string& session, Publishers::Answered answered);
    void candidate(const std::string& session, int mediaLine, const std::string& candidate);
    /// A session ends, and the stream when there is no other.
    void leave(const std::string& session, const std::string& reason);
    /// Lets the pipeline drain; later calls change nothing.
    void end(const std::string& reason, EndCause cause);

    base::Result<OutputInfo> addReceiver(const Receiver& receiver);
    base::Result<void> removeReceiver(const std::string& id);
    [[nodiscard]] StreamInfo info() const;
    /// Still without a process.
    [[nodiscard]] bool waiting() const { return stage_ == Stage::Waiting; }
    [[nodiscard]] const Publishers& publishers() const { return publishers_; }

private:
    /// Forward only. Waiting: for a process. Answering: the pipeline makes the answer. Connecting:
    /// until the parameters are known. Ending: the pipeline drains.
    enum class Stage { Waiting, Answering, Connecting, Live, Ending, Ended };
    struct Life {
        std::chrono::steady_clock::time_point begin = std::chrono::steady_clock::now();
        std::string reason; ///< of the end
        EndCause cause = EndCause::Failed;
        std::function<void()> ended;
    };

    bool advance(Stage stage);
    void begin(const Offer& offer, std::unique_ptr<PipelineProcess> process);
    [[nodiscard]] base::Logger log() const { return base::Logger("stream " + info_.name); }
    [[nodiscard]] control::Publish publishMessage(const Offer& offer,
                                                  const std::string& session) const;
    void finish(const std::string& reason);
    void announce();

    void on(const control::Ready&) {}
    void on(const control::Stats& stats) { info_.stats = stats; }
    void on(const control::Answer& message);
    void on(const control::Track& message);
    void on(const control::Closed& message);
    void on(const control::Live& message);
    void on(const control::OutputState& message);
    void on(const control::Segment& message);
    void on(const control::Recording& message);
    void onGone(const std::string& reason);
    void onClosed(const control::Closed& message);
    void startOutputs();

    const Shared& shared_;
    StreamInfo info_; ///< but for its publishers and outputs
    Publishers publishers_;
    Outputs outputs_;
    PipelinePool& pool_;
    const int number_;                         ///< ours among those who wait for a process
    std::unique_ptr<PipelineProcess> process_; ///< null while it is waited for
    Stage stage_ = Stage::Waiting;
    base::Timer deadline_; ///< for the first media, then for the first picture
    Life life_;
};

} // namespace streams
