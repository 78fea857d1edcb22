#include "gateway/streams/stream.h"

#include "gateway/streams/parameters.h"

#include <cstdio>
#include <utility>

namespace streams {

namespace {

using namespace std::chrono_literals;
using base::Problem;

/// From the offer to the first packet: a publisher that never connects is gone after 15 s at most,
/// the end of its process included.
constexpr base::Milliseconds kFirstMedia = 9s;
constexpr base::Milliseconds kParameters = 10s; ///< from the first packet to the parameters

std::string inSeconds(std::chrono::steady_clock::duration duration) {
    char text[32];
    std::snprintf(text, sizeof text, "%.1f s", std::chrono::duration<double>(duration).count());
    return text;
}

bool sameParameters(const control::Live& a, const control::Live& b) {
    return a.video.sps == b.video.sps && a.video.pps == b.video.pps &&
           a.video.size == b.video.size && a.audio.config == b.audio.config;
}

} // namespace

Stream::Stream(Shared& shared, PipelinePool& pool, StreamSlot& slot, std::string name,
               std::function<void()> onEnded)
    : shared_(shared), pool_(pool), outputs_(shared, name, slot), onEnded_(std::move(onEnded)) {
    info_.name = std::move(name);
    info_.take = slot.nextTake;
    info_.audioBitrate = shared_.config.audio.bitrate;
    const auto now = std::chrono::system_clock::now().time_since_epoch();
    info_.descriptionId =
        static_cast<std::uint64_t>(std::chrono::duration_cast<base::Milliseconds>(now).count());
}

void Stream::start(PendingOffer first) {
    const control::Publish message = publishMessage(first);
    sessions_.add(std::move(first));
    deadline_ = base::Timer::once(kFirstMedia, [this] {
        end("no media came within 9 s: the publisher never connected", EndCause::Publisher);
    });
    announce();
    pool_.take(this, [this, message](std::unique_ptr<PipelineProcess> process) {
        begin(message, std::move(process));
    });
}

void Stream::begin(const control::Publish& message, std::unique_ptr<PipelineProcess> process) {
    process_ = std::move(process);
    process_->setHandlers({[this](const control::FromPipeline& said) {
                               std::visit([this](const auto& kind) { on(kind); }, said);
                           },
                           [this](const std::string& reason) { onGone(reason); }});
    process_->send(message);
}

control::Publish Stream::publishMessage(const PendingOffer& pending) const {
    control::Publish message;
    message.session = pending.session;
    message.stream = info_.name;
    message.take = outputs_.nextTake();
    message.offer = pending.offer.description;
    message.video = shared_.config.video;
    message.audio = shared_.config.audio;
    message.loopback = pending.offer.loopback;
    message.ice = shared_.config.ice;
    message.ice.relays = pending.offer.relays;
    message.replaces = pending.offer.replaces;
    return message;
}

void Stream::replace(PendingOffer next) {
    const control::Publish message = publishMessage(next);
    sessions_.add(std::move(next));
    process_->send(message);
}

void Stream::on(const control::Answer& message) {
    if (info_.state >= StreamState::Ending || !sessions_.has(message.session)) {
        return;
    }
    if (!message.error) {
        sessions_.answer(message.session, Accepted{message.session, message.description});
        return;
    }
    sessions_.answer(message.session, base::fail(*message.error));
    on(control::Closed{message.session,
                       message.error->problem,
                       "the offer could not be answered: " + message.error->message,
                       {}});
}

void Stream::onUnanswered(const std::string& session) {
    std::string reason = "the pipeline did not answer the offer in time";
    if (!process_) {
        const auto health = pool_.health();
        reason =
            health ? "no pipeline process was free in time: try again" : health.error().message;
    }
    leave(session, reason, EndCause::Failed); // which answers
}

void Stream::candidate(const std::string& session, int mediaLine, const std::string& candidate) {
    if (process_) {
        process_->send(control::Candidate{session, mediaLine, candidate});
    }
}

void Stream::leave(const std::string& session, const std::string& reason, EndCause cause) {
    if (sessions_.alone(session)) {
        end(reason, cause);
        return;
    }
    sessions_.answer(session, base::fail(Problem::Unavailable, reason));
    process_->send(control::Unpublish{session}); // and its Closed says what becomes of the stream
}

bool Stream::advance(StreamState state) {
    if (state <= info_.state) {
        return false;
    }
    info_.state = state;
    return true;
}

void Stream::end(const std::string& reason, EndCause cause) {
    if (!advance(StreamState::Ending)) {
        return;
    }
    reason_ = reason;
    info_.cause = cause;
    deadline_.stop();
    sessions_.answerAll({Problem::Unavailable, reason});
    if (!process_) {
        pool_.leave(this);
        finish(reason);
        return;
    }
    process_->send(control::Unpublish{sessions_.current()});
    process_->stop();
    announce();
}

void Stream::onGone(const std::string& reason) {
    // An orderly end has its reason; a death has its own.
    const bool ending = info_.state == StreamState::Ending;
    const bool orderly = ending && reason == "the pipeline process exited with 0";
    finish(orderly ? reason_ : ending ? reason_ + "; " + reason : reason);
}

void Stream::finish(const std::string& reason) {
    advance(StreamState::Ended);
    deadline_.stop();
    reason_ = reason;
    sessions_.answerAll({Problem::Unavailable, reason});
    outputs_.close();
    log().info("ended after " + inSeconds(std::chrono::steady_clock::now() - begin_) + ": " +
               reason);
    announce();
    onEnded_(); // nothing after this
}

void Stream::announce() {
    shared_.events.emit(
        StreamChanged{info(), info_.state == StreamState::Ended ? reason_ : std::string()});
}

StreamInfo Stream::info() const {
    StreamInfo result = info_;
    sessions_.describe(result);
    const bool encoded = result.video && !result.video->passthrough;
    result.videoBitrate = encoded ? shared_.config.video.bitrate : base::Bitrate{};
    result.outputs = outputs_.list();
    return result;
}

void Stream::on(const control::Track& message) {
    if (info_.state >= StreamState::Ending || !sessions_.onTrack(message)) {
        return;
    }
    log().info(message.codec + (message.passthrough ? " arrives, passed through" : " arrives"));
    if (outputs_.list().empty()) {
        deadline_ = base::Timer::once(kParameters, [this] {
            end("media came, but no picture could be made of it within 10 s", EndCause::Publisher);
        });
        for (const control::OutputAdd& output : outputs_.addBuiltIn()) {
            process_->send(output);
        }
    }
    announce();
}

void Stream::on(const control::Closed& message) {
    if (info_.state >= StreamState::Ending) {
        return;
    }
    switch (sessions_.onClosed(message)) {
    case PublishSessions::Change::None:
        return;
    case PublishSessions::Change::Ended:
        end(message.reason,
            message.problem == Problem::Internal ? EndCause::Failed : EndCause::Publisher);
        return;
    case PublishSessions::Change::Dropped:
        log().warning("a session that was to take over is closed: " + message.reason);
        break;
    case PublishSessions::Change::Followed:
        log().info(message.replacedBy.empty()
                       ? "its publisher is lost, and another session is waited for: " +
                             message.reason
                       : "another session of the publisher took over");
        break;
    }
    announce();
}

void Stream::on(const control::Live& message) {
    if (info_.state >= StreamState::Ending) {
        return;
    }
    const auto parameters = Parameters::read(message);
    if (!parameters) {
        process_->terminate(parameters.error().message);
        return;
    }
    deadline_.stop();
    outputs_.setFormat(message, *parameters);
    if (!info_.live || !sameParameters(*info_.live, message)) {
        ++info_.descriptionVersion;
    }
    info_.live = message;
    info_.take = message.take;
    if (advance(StreamState::Live)) {
        info_.start = std::chrono::system_clock::now();
        log().info("live, " + std::to_string(message.video.size.width) + "x" +
                   std::to_string(message.video.size.height));
    }
    announce();
}

void Stream::on(const control::OutputState& message) {
    const OutputInfo* info = outputs_.update(message);
    if (info == nullptr) {
        return;
    }
    if (info->phase == control::OutputPhase::Failed) {
        log().within(info->id).warning("failed: " + info->error);
    }
    shared_.events.emit(OutputChanged{info_.name, *info});
}

void Stream::on(const control::Segment& message) {
    const base::WallTime time = info_.live ? info_.live->origin + message.start
                                           : std::chrono::system_clock::now() - message.duration;
    if (auto added = outputs_.addSegment(message, time); !added) {
        process_->terminate(added.error().message);
    }
}

void Stream::on(const control::Recording& message) {
    outputs_.updateRecording(message);
    if (message.phase != control::RecordingPhase::Stopped || info_.state != StreamState::Live) {
        return;
    }
    const auto next = outputs_.followRecording(message.output);
    process_->send(control::OutputRemove{message.output});
    if (next) {
        process_->send(*next);
        shared_.events.emit(OutputChanged{info_.name, *outputs_.find(next->output)});
    }
}

base::Result<OutputInfo> Stream::addReceiver(const Receiver& receiver) {
    if (info_.state != StreamState::Live) {
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
