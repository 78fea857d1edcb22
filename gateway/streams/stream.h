#pragma once

#include "gateway/streams/outputs.h"
#include "gateway/streams/pipeline_process.h"
#include "gateway/streams/registry.h"
#include "gateway/streams/spares.h"
#include "pipelines/base/log.h"
#include "pipelines/base/loop.h"

#include <functional>
#include <memory>
#include <optional>
#include <string>

namespace streams {

/// One stream from its publisher's offer to the end of its process: states and deadlines. Owned by
/// the registry. Thread-bound.
class Stream {
public:
    using Answered = std::function<void(base::Result<Accepted>)>;
    struct Identity {
        int number = 0; ///< differs from that of any other stream of this gateway
        std::string session;
    };

    Stream(const Shared& shared, Spares& spares, Heritage& heritage, Identity identity,
           Offer offer);
    Stream(const Stream&) = delete;
    Stream& operator=(const Stream&) = delete;
    ~Stream();

    /// Asks for a process. Both are called later: `answered` once, `ended` as the last thing.
    void start(Answered answered, std::function<void()> ended);
    void candidate(int mediaLine, const std::string& candidate);
    /// Lets the pipeline drain; later calls change nothing.
    void end(const std::string& reason);

    base::Result<OutputInfo> addReceiver(const Receiver& receiver);
    base::Result<void> removeReceiver(const std::string& id);
    [[nodiscard]] StreamInfo info() const;
    /// Still without a process.
    [[nodiscard]] bool waiting() const { return stage_ == Stage::Waiting; }
    [[nodiscard]] const std::string& session() const { return info_.session; }

private:
    /// Forward only. Waiting: for a process. Answering: the pipeline makes the answer. Connecting:
    /// until the parameters are known. Ending: the pipeline drains.
    enum class Stage { Waiting, Answering, Connecting, Live, Ending, Ended };

    bool advance(Stage stage);
    void adopt(std::unique_ptr<PipelineProcess> process);
    void finish(const std::string& reason);
    void answer(base::Result<Accepted> answer);
    void startOutputs();
    void announce(const std::string& reason = {});

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

    const Shared& shared_;
    Spares& spares_;
    Heritage& heritage_;
    base::Logger log_;
    Identity identity_;
    Offer offer_;
    StreamInfo info_; ///< but for its outputs
    Outputs outputs_;
    Stage stage_ = Stage::Waiting;
    Answered answered_;
    std::function<void()> ended_;
    std::unique_ptr<PipelineProcess> process_;
    std::chrono::steady_clock::time_point begin_ = std::chrono::steady_clock::now();
    base::Timer deadline_;                    ///< for the first media, then for the first picture
    std::optional<std::int64_t> segmentTake_; ///< of the last segment
    std::optional<control::Recording> recording_; ///< the last news of it
    std::string reason_;                          ///< of the end
};

} // namespace streams
