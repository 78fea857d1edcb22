#pragma once

#include "pipelines/base/loop.h"
#include "pipelines/control/messages.h"
#include "pipelines/core.h"
#include "pipelines/output_set.h"

#include <functional>
#include <memory>
#include <string>

/// One stream: obeys the gateway's messages and reports what happens. Owns state and deadlines; the
/// core owns ingest and encode, the output set the outputs. Thread-bound.
class Stream {
public:
    using Send = std::function<void(const control::FromPipeline&)>;

    Stream(Send send, std::function<void()> onStopped);

    void handle(const control::ToPipeline& message);
    /// As control::Stop; onStopped is called once everything is closed.
    void stop();

private:
    enum class State { Idle, Published, Closed, Stopping };
    struct Counters {
        std::uint64_t received = 0;
        std::uint64_t encoded = 0;
    };

    void on(const control::Publish& message);
    void on(const control::Candidate& message);
    void on(const control::Unpublish& message);
    void on(const control::OutputAdd& message);
    void on(const control::OutputRemove& message);
    void on(const control::KeyFrame& message);
    void on(const control::Stop&) { stop(); }

    base::Result<void> begin(const control::Publish& message);
    base::Result<void> replace(const control::Publish& message);
    CoreEvents coreEvents();
    void closeCore(const base::Error& reason);
    void finishWhenClosed();
    void sendStats();

    Send send_;
    std::function<void()> onStopped_;
    gst::Timebase timebase_ = gst::Timebase::now();
    std::shared_ptr<fanout::Fanout> fanout_ = std::make_shared<fanout::Fanout>();
    OutputSet outputs_;
    std::unique_ptr<Core> core_;
    State state_ = State::Idle;
    int closing_ = 0; ///< parts that are not closed yet
    Counters last_;
    base::Timer heartbeat_;
};
