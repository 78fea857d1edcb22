#include "pipelines/stream/stream.h"

#include "pipelines/base/log.h"

#include <utility>

namespace stream {

using base::Error;
using base::fail;
using base::Milliseconds;
using base::Problem;
using base::Result;

namespace {

const base::Logger logger("stream");

constexpr Milliseconds kHeartbeat{1000};

Result<sdp::PublishOffer> parse(const std::string& text) {
    auto offer = sdp::PublishOffer::parse(text);
    if (!offer) {
        const bool malformed = offer.error().kind == sdp::Refusal::Kind::Malformed;
        return fail(malformed ? Problem::Malformed : Problem::Unprocessable, offer.error().reason);
    }
    return std::move(*offer);
}

} // namespace

Stream::Stream(control::Send send, std::function<void()> onStopped)
    : send_(std::move(send)), onStopped_(std::move(onStopped)),
      outputs_(fanout_, timebase_, send_) {
    heartbeat_ = base::Timer::every(kHeartbeat, [this] { sendStats(); });
}

void Stream::handle(const control::ToPipeline& message) {
    std::visit([this](const auto& typed) { on(typed); }, message);
}

void Stream::on(const control::Publish& message) {
    if (auto taken = take(message); !taken) {
        send_(control::Answer{message.session, "", taken.error()});
    }
}

Result<void> Stream::take(const control::Publish& message) {
    const auto offer = parse(message.offer);
    if (!offer) {
        return fail(offer.error());
    }
    if (message.replaces.empty()) {
        return begin(message, *offer);
    }
    if (state_ != State::Published) {
        return fail(Problem::Conflict, "there is no publisher any more whose place could be taken");
    }
    return publishers_->replace(message, *offer);
}

Result<void> Stream::begin(const control::Publish& message, const sdp::PublishOffer& offer) {
    if (state_ != State::Idle) {
        return fail(Problem::Conflict, "this pipeline has or had a publisher");
    }
    const auto onLost = [this](const Error& reason) { closePublishers(reason); };
    auto encoder = Encoder::start(message, offer.video.codec, timebase_, fanout_, send_, onLost);
    if (!encoder) {
        return fail(encoder.error());
    }
    auto publishers = Publishers::start(message, offer, *encoder, timebase_, send_, onLost);
    if (!publishers) {
        (*encoder)->close([kept = *encoder] {}); // its threads may run until it has stopped
        return fail(publishers.error());
    }
    encoder_ = std::move(*encoder);
    publishers_ = std::move(*publishers);
    state_ = State::Published;
    logger.within(message.stream).info("a publisher asks to begin");
    return {};
}

void Stream::on(const control::Candidate& message) {
    if (state_ == State::Published) {
        publishers_->addCandidate(message.session, message.mediaLine, message.candidate);
    }
}

void Stream::on(const control::Unpublish& message) {
    if (state_ == State::Published) {
        publishers_->leave(message.session, {Problem::PeerLost, "the publisher ended the session"});
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
        publishers_->requestKeyFrame();
    }
}

/// The outputs go on until Stop: what was encoded still reaches them.
void Stream::closePublishers(const Error& reason) {
    if (state_ != State::Published) {
        return;
    }
    state_ = State::Closed;
    closing_ += 2;
    publishers_->close(reason, [this] { finishWhenClosed(); });
    encoder_->close([this] { finishWhenClosed(); });
}

void Stream::stop() {
    if (state_ == State::Stopping) {
        return;
    }
    closePublishers({Problem::PeerLost, "the stream was stopped"});
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
    if (publishers_) {
        const EncodedStream& encoded = encoder_->encoded();
        const Counters now{publishers_->receivedBytes(), encoded.bytes()};
        stats.received.bitsPerSecond = static_cast<std::int64_t>(now.received - last_.received) * 8;
        stats.encoded.bitsPerSecond = static_cast<std::int64_t>(now.encoded - last_.encoded) * 8;
        stats.frames = encoded.frames();
        stats.lost = publishers_->lostPackets();
        last_ = now;
    }
    send_(stats);
}

} // namespace stream
