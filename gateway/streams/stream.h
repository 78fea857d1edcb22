#pragma once

#include "gateway/streams/outputs.h"
#include "gateway/streams/pipeline_pool.h"
#include "gateway/streams/pipeline_process.h"
#include "gateway/streams/publish_sessions.h"
#include "gateway/streams/shared.h"
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
    /// `onEnded` is called as the last thing: may destroy this later, not at once.
    Stream(Shared& shared, PipelinePool& pool, StreamSlot& slot, std::string name,
           std::function<void()> onEnded);
    Stream(const Stream&) = delete;
    Stream& operator=(const Stream&) = delete;
    ~Stream() { pool_.leave(this); }

    /// Once: takes a process from the pool and sends it the first publisher's offer.
    void start(PendingOffer first);
    /// Another session is to take the place of the current one, at its first key frame. Only while
    /// live.
    void replace(PendingOffer next);
    /// The pipeline has not answered this session's offer in time.
    void onUnanswered(const std::string& session);
    void candidate(const std::string& session, int mediaLine, const std::string& candidate);
    /// A session ends, and the stream, for this cause, when there is no other.
    void leave(const std::string& session, const std::string& reason, EndCause cause);
    /// Lets the pipeline drain; later calls change nothing.
    void end(const std::string& reason, EndCause cause);

    base::Result<OutputInfo> addReceiver(const Receiver& receiver);
    base::Result<void> removeReceiver(const std::string& id);
    [[nodiscard]] StreamInfo info() const;
    [[nodiscard]] StreamState state() const { return info_.state; }
    [[nodiscard]] const PublishSessions& sessions() const { return sessions_; }

private:
    [[nodiscard]] base::Logger log() const { return base::Logger("stream " + info_.name); }
    [[nodiscard]] control::Publish publishMessage(const PendingOffer& pending) const;
    bool advance(StreamState state);
    void begin(const control::Publish& message, std::unique_ptr<PipelineProcess> process);
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

    Shared& shared_;
    PipelinePool& pool_;
    StreamInfo info_; ///< without what sessions_ and outputs_ know
    PublishSessions sessions_;
    Outputs outputs_;
    std::unique_ptr<PipelineProcess> process_; ///< null while the pool has none ready
    base::Timer deadline_;                     ///< for the first media, then for the parameters
    const std::chrono::steady_clock::time_point begin_ = std::chrono::steady_clock::now();
    std::string reason_; ///< of the end
    std::function<void()> onEnded_;
};

} // namespace streams
