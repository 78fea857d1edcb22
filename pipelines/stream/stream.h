#pragma once

#include "pipelines/base/loop.h"
#include "pipelines/control/messages.h"
#include "pipelines/stream/encoder.h"
#include "pipelines/stream/output_set.h"
#include "pipelines/stream/publishers.h"

#include <functional>
#include <memory>

namespace stream {

/// One stream: obeys the gateway's messages, joins its parts and reports their figures. From left
/// to right they are the publishers, each a pipeline of its own; the switch, which lets one of them
/// through; the encoder, a pipeline; the fan-out; and the outputs, each a pipeline. Thread-bound.
class Stream {
public:
    Stream(control::Send send, std::function<void()> onStopped);

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

    base::Result<void> take(const control::Publish& message);
    base::Result<void> begin(const control::Publish& message, const sdp::PublishOffer& offer);
    void closePublishers(const base::Error& reason);
    void finishWhenClosed();
    void sendStats();

    control::Send send_;
    std::function<void()> onStopped_;
    gst::Timebase timebase_ = gst::Timebase::now();
    std::shared_ptr<fanout::Fanout> fanout_ = std::make_shared<fanout::Fanout>();
    OutputSet outputs_;
    std::shared_ptr<Encoder> encoder_;       ///< from the first publisher on
    std::shared_ptr<Publishers> publishers_; ///< likewise
    State state_ = State::Idle;
    int closing_ = 0; ///< parts that are not closed yet
    Counters last_;
    base::Timer heartbeat_;
};

} // namespace stream
