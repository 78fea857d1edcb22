#include "gateway/streams/stream.h"

#include <cstdio>
#include <utility>

namespace streams {

namespace {

using namespace std::chrono_literals;
using base::Problem;

/// From the offer to the first packet: a publisher that never connects is gone after 15 s at most,
/// the end of its process included.
constexpr base::Milliseconds kFirstMedia = 9s;

std::string inSeconds(std::chrono::steady_clock::duration duration) {
    char text[32];
    std::snprintf(text, sizeof text, "%.1f s", std::chrono::duration<double>(duration).count());
    return text;
}

} // namespace

Stream::Stream(const Shared& shared, PipelinePool& pool, Heritage& heritage,
               const Identity& identity)
    : shared_(shared), publishers_(identity.session), outputs_(shared, identity.name, heritage),
      pool_(pool), number_(identity.number) {
    info_.name = identity.name;
    info_.take = heritage.nextTake;
    info_.audioBitrate = shared_.config.audio.bitrate;
    const auto now = std::chrono::system_clock::now().time_since_epoch();
    info_.descriptionId =
        static_cast<std::uint64_t>(std::chrono::duration_cast<base::Milliseconds>(now).count());
}

void Stream::start(Offer offer, Publishers::Answered answered, std::function<void()> ended) {
    publishers_.await(std::move(answered));
    life_.ended = std::move(ended);
    deadline_ = base::Timer::once(kFirstMedia, [this] {
        end("no media came within 9 s: the publisher never connected", EndCause::Publisher);
    });
    announce();
    pool_.take(number_, [this, offer = std::move(offer)](std::unique_ptr<PipelineProcess> process) {
        begin(offer, std::move(process));
    });
}

void Stream::begin(const Offer& offer, std::unique_ptr<PipelineProcess> process) {
    process_ = std::move(process);
    process_->setHandlers({[this](const control::FromPipeline& message) {
                               std::visit([this](const auto& kind) { on(kind); }, message);
                           },
                           [this](const std::string& reason) { onGone(reason); }});
    advance(Stage::Answering);
    process_->send(publishMessage(offer, publishers_.current()));
}

bool Stream::advance(Stage stage) {
    if (stage <= stage_) {
        return false;
    }
    stage_ = stage;
    return true;
}

control::Publish Stream::publishMessage(const Offer& offer, const std::string& session) const {
    control::Publish message;
    message.session = session;
    message.stream = info_.name;
    message.take = outputs_.nextTake();
    message.offer = offer.description;
    message.video = shared_.config.video;
    message.audio = shared_.config.audio;
    message.loopback = offer.loopback;
    message.ice = shared_.config.ice;
    message.ice.relays = offer.relays;
    return message;
}

void Stream::replace(const Offer& offer, const std::string& session,
                     Publishers::Answered answered) {
    publishers_.expect(session, std::move(answered));
    control::Publish message = publishMessage(offer, session);
    message.replaces = publishers_.current();
    process_->send(message);
}

void Stream::candidate(const std::string& session, int mediaLine, const std::string& candidate) {
    if (process_) {
        process_->send(control::Candidate{session, mediaLine, candidate});
    }
}

void Stream::leave(const std::string& session, const std::string& reason) {
    if (publishers_.alone(session)) {
        end(reason, EndCause::Publisher);
        return;
    }
    publishers_.answer(session, base::fail(Problem::Unavailable, reason));
    process_->send(control::Unpublish{session}); // and its Closed says what becomes of the stream
}

void Stream::end(const std::string& reason, EndCause cause) {
    const bool waited = stage_ == Stage::Waiting;
    if (!advance(Stage::Ending)) {
        return;
    }
    life_.reason = reason;
    life_.cause = cause;
    deadline_.stop();
    publishers_.answerAll({Problem::Unavailable, reason});
    if (waited) {
        pool_.leave(number_);
        finish(reason);
        return;
    }
    process_->send(control::Unpublish{publishers_.current()});
    process_->stop();
    announce();
}

void Stream::finish(const std::string& reason) {
    advance(Stage::Ended);
    deadline_.stop();
    life_.reason = reason;
    publishers_.answerAll({Problem::Unavailable, reason});
    outputs_.close();
    log().info("ended after " + inSeconds(std::chrono::steady_clock::now() - life_.begin) + ": " +
               reason);
    announce();
    life_.ended(); // nothing after this
}

void Stream::announce() {
    shared_.events.emit(StreamChanged{info(), stage_ == Stage::Ended ? life_.reason : ""});
}

StreamInfo Stream::info() const {
    StreamInfo result = info_;
    result.cause = life_.cause;
    publishers_.describe(result);
    const bool encoded = result.video && !result.video->passthrough;
    result.videoBitrate = encoded ? shared_.config.video.bitrate : base::Bitrate{};
    result.outputs = outputs_.list();
    result.state = stage_ == Stage::Ended    ? StreamState::Ended
                   : stage_ == Stage::Ending ? StreamState::Ending
                   : stage_ == Stage::Live   ? StreamState::Live
                                             : StreamState::Connecting;
    return result;
}

base::Result<OutputInfo> Stream::addReceiver(const Receiver& receiver) {
    if (stage_ != Stage::Live) {
        return base::fail(Problem::Conflict, "the stream is not live: try again when it is");
    }
    auto message = outputs_.addReceiver(receiver);
    if (!message) {
        return base::fail(message.error());
    }
    process_->send(*message);
    const OutputInfo info = *outputs_.find(message->output);
    shared_.events.emit(OutputChanged{info_.name, info});
    return info;
}

base::Result<void> Stream::removeReceiver(const std::string& id) {
    const OutputInfo* known = outputs_.find(id);
    std::optional<OutputInfo> last = known != nullptr ? std::optional(*known) : std::nullopt;
    if (auto removed = outputs_.remove(id); !removed) {
        return removed;
    }
    process_->send(control::OutputRemove{id});
    last->phase = control::OutputPhase::Stopped;
    shared_.events.emit(OutputChanged{info_.name, *last});
    return {};
}

} // namespace streams
