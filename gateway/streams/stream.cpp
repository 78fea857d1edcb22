#include "gateway/streams/stream.h"

#include "gateway/streams/parameters.h"

#include <cstdio>
#include <unistd.h>
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

Stream::Stream(const Shared& shared, Spares& spares, Heritage& heritage, Identity identity,
               Offer offer)
    : shared_(shared), spares_(spares), heritage_(heritage), log_("stream " + offer.stream),
      identity_(std::move(identity)), offer_(std::move(offer)), outputs_(shared, offer_.stream) {
    info_.name = offer_.stream;
    info_.session = identity_.session;
    info_.take = heritage_.nextTake;
    info_.audioBitrate = shared_.config.audio.bitrate;
    const auto now = std::chrono::system_clock::now().time_since_epoch();
    info_.descriptionId =
        static_cast<std::uint64_t>(std::chrono::duration_cast<base::Milliseconds>(now).count());
}

Stream::~Stream() {
    spares_.leave(identity_.number);
}

void Stream::start(Answered answered, std::function<void()> ended) {
    answered_ = std::move(answered);
    ended_ = std::move(ended);
    deadline_ = base::Timer::once(
        kFirstMedia, [this] { end("no media came within 9 s: the publisher never connected"); });
    announce();
    spares_.take(identity_.number,
                 [this](std::unique_ptr<PipelineProcess> process) { adopt(std::move(process)); });
}

bool Stream::advance(Stage stage) {
    if (stage <= stage_) {
        return false;
    }
    stage_ = stage;
    return true;
}

void Stream::adopt(std::unique_ptr<PipelineProcess> process) {
    process_ = std::move(process);
    process_->setHandlers({[this](const control::FromPipeline& message) {
                               std::visit([this](const auto& kind) { on(kind); }, message);
                           },
                           [this](const std::string& reason) { onGone(reason); }});
    advance(Stage::Answering);
    process_->send(control::Publish{identity_.session, offer_.stream, heritage_.nextTake,
                                    std::exchange(offer_.description, {}), shared_.config.video,
                                    shared_.config.audio, offer_.loopback});
}

void Stream::candidate(int mediaLine, const std::string& candidate) {
    if (process_) {
        process_->send(control::Candidate{identity_.session, mediaLine, candidate});
    }
}

void Stream::end(const std::string& reason) {
    const bool waited = stage_ == Stage::Waiting;
    if (!advance(Stage::Ending)) {
        return;
    }
    reason_ = reason;
    deadline_.stop();
    answer(base::fail(Problem::Unavailable, reason));
    if (waited) {
        spares_.leave(identity_.number);
        finish(reason_);
        return;
    }
    process_->send(control::Unpublish{identity_.session});
    process_->stop();
    announce();
}

void Stream::finish(const std::string& reason) {
    advance(Stage::Ended);
    deadline_.stop();
    answer(base::fail(Problem::Unavailable, reason));
    const OutputInfo* mp4 = outputs_.find("mp4");
    if (!outputs_.list().empty()) {
        heritage_.hls.end();
    }
    outputs_.close();
    if (mp4 != nullptr && (recording_ || ::access(mp4->recording.c_str(), F_OK) == 0)) {
        auto last = recording_.value_or(control::Recording{.output = "mp4"});
        last.path = mp4->recording;
        shared_.events.emit(RecordingChanged{info_.name, last, true});
    }
    log_.info("ended after " + inSeconds(std::chrono::steady_clock::now() - begin_) + ": " +
              reason);
    announce(reason);
    ended_(); // nothing after this
}

void Stream::answer(base::Result<Accepted> result) {
    if (answered_) {
        std::exchange(answered_, nullptr)(std::move(result));
    }
}

void Stream::announce(const std::string& reason) {
    shared_.events.emit(StreamChanged{info(), reason});
}

StreamInfo Stream::info() const {
    StreamInfo result = info_;
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
