#include "pipelines/stream.h"

#include "pipelines/base/log.h"

#include <utility>

using base::Error;
using base::Milliseconds;
using base::Problem;
using base::Result;

namespace {

const base::Logger logger("stream");

constexpr Milliseconds kHeartbeat{1000};

} // namespace

Stream::Stream(Send send, std::function<void()> onStopped)
    : send_(std::move(send)), onStopped_(std::move(onStopped)),
      outputs_(fanout_, timebase_, send_) {
    heartbeat_ = base::Timer::every(kHeartbeat, [this] { sendStats(); });
}

void Stream::handle(const control::ToPipeline& message) {
    std::visit([this](const auto& typed) { on(typed); }, message);
}

void Stream::on(const control::Publish& message) {
    auto taken = message.replaces.empty() ? begin(message) : replace(message);
    if (!taken) {
        send_(control::Answer{message.session, "", taken.error()});
    }
}

Result<void> Stream::begin(const control::Publish& message) {
    if (state_ != State::Idle) {
        return base::fail(Problem::Conflict, "this pipeline has or had a publisher");
    }
    auto core = Core::start(message, timebase_, fanout_, coreEvents());
    if (!core) {
        return base::fail(core.error());
    }
    core_ = std::move(*core);
    state_ = State::Published;
    logger.within(message.stream).info("a publisher asks to begin");
    return {};
}

Result<void> Stream::replace(const control::Publish& message) {
    return state_ == State::Published
               ? core_->replace(message)
               : base::fail(Problem::Conflict,
                            "there is no publisher any more whose place could be taken");
}

CoreEvents Stream::coreEvents() {
    return {[this](control::Answer answer) { send_(answer); },
            [this](control::Track track) { send_(track); },
            [this](control::Live live) { send_(live); },
            [this](control::Closed closed) { send_(closed); },
            [this](const Error& reason) { closeCore(reason); }};
}

void Stream::on(const control::Candidate& message) {
    if (state_ == State::Published) {
        core_->publishers().addCandidate(message.session, message.mediaLine, message.candidate);
    }
}

void Stream::on(const control::Unpublish& message) {
    if (state_ == State::Published) {
        core_->publishers().leave(message.session,
                                  {Problem::PeerLost, "the publisher ended the session"});
    }
}

void Stream::on(const control::OutputAdd& message) {
    if (state_ != State::Stopping) {
        outputs_.add(message);
    }
}

void Stream::on(const control::OutputRemove& message) {
    outputs_.remove(message.output);
}

void Stream::on(const control::KeyFrame&) {
    if (state_ == State::Published) {
        core_->publishers().requestKeyFrame();
    }
}

/// The outputs go on until Stop: what was encoded still reaches them.
void Stream::closeCore(const Error& reason) {
    if (state_ != State::Published) {
        return;
    }
    state_ = State::Closed;
    ++closing_;
    core_->close(reason, [this] { finishWhenClosed(); });
}

void Stream::stop() {
    if (state_ == State::Stopping) {
        return;
    }
    closeCore({Problem::PeerLost, "the stream was stopped"});
    state_ = State::Stopping;
    ++closing_;
    outputs_.closeAll([this] { finishWhenClosed(); });
}

void Stream::finishWhenClosed() {
    --closing_;
    if (closing_ == 0 && state_ == State::Stopping) {
        heartbeat_.stop();
        onStopped_();
    }
}

void Stream::sendStats() {
    control::Stats stats;
    stats.runningTime = timebase_.runningTime();
    stats.dropped = outputs_.dropped();
    if (core_) {
        const Publishers& publishers = std::as_const(*core_).publishers();
        const Counters now{publishers.receivedBytes(), core_->program().bytes()};
        stats.received.bitsPerSecond = static_cast<std::int64_t>(now.received - last_.received) * 8;
        stats.encoded.bitsPerSecond = static_cast<std::int64_t>(now.encoded - last_.encoded) * 8;
        stats.frames = core_->program().pictures();
        stats.lost = publishers.lostPackets();
        last_ = now;
    }
    send_(stats);
}
