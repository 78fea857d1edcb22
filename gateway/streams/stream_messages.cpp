#include "gateway/streams/parameters.h"
#include "gateway/streams/stream.h"

/// What a stream does when its pipeline says something.
namespace streams {

namespace {

using namespace std::chrono_literals;

constexpr base::Milliseconds kFirstPicture = 10s; ///< from the first packet to the parameters

bool sameParameters(const control::Live& a, const control::Live& b) {
    return a.video.sps == b.video.sps && a.video.pps == b.video.pps &&
           a.video.size == b.video.size && a.audio.config == b.audio.config;
}

} // namespace

void Stream::on(const control::Answer& message) {
    if (stage_ >= Stage::Ending || !publishers_.has(message.session)) {
        return;
    }
    if (message.error) {
        publishers_.answer(message.session, base::fail(*message.error));
        onClosed({message.session,
                  message.error->problem,
                  "the offer could not be answered: " + message.error->message,
                  {}});
        return;
    }
    advance(Stage::Connecting);
    publishers_.answer(message.session, Accepted{message.session, message.description});
}

void Stream::on(const control::Track& message) {
    if (stage_ >= Stage::Ending || !publishers_.onTrack(message)) {
        return;
    }
    log().info(message.codec + (message.passthrough ? " arrives, passed through" : " arrives"));
    if (outputs_.list().empty()) {
        startOutputs();
    }
    announce();
}

void Stream::startOutputs() {
    deadline_ = base::Timer::once(kFirstPicture, [this] {
        end("media came, but no picture could be made of it within 10 s", EndCause::Publisher);
    });
    for (const control::OutputAdd& message : outputs_.addBuiltIn()) {
        process_->send(message);
    }
}

void Stream::on(const control::Closed& message) {
    if (stage_ < Stage::Ending) {
        onClosed(message);
    }
}

void Stream::onClosed(const control::Closed& message) {
    switch (publishers_.onClosed(message)) {
    case Publishers::Change::None:
        return;
    case Publishers::Change::Ended:
        end(message.reason,
            message.problem == base::Problem::Internal ? EndCause::Failed : EndCause::Publisher);
        return;
    case Publishers::Change::Dropped:
        log().warning("a session that was to take over is closed: " + message.reason);
        break;
    case Publishers::Change::Followed:
        log().info(message.replacedBy.empty()
                       ? "its publisher is lost, and another session is waited for: " +
                             message.reason
                       : "another session of the publisher took over");
        break;
    }
    announce();
}

void Stream::on(const control::Live& message) {
    if (stage_ != Stage::Connecting && stage_ != Stage::Live) {
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
    if (advance(Stage::Live)) {
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
    if (message.phase != control::RecordingPhase::Stopped || stage_ != Stage::Live) {
        return;
    }
    const auto next = outputs_.followRecording(message.output);
    process_->send(control::OutputRemove{message.output});
    if (next) {
        process_->send(*next);
        shared_.events.emit(OutputChanged{info_.name, *outputs_.find(next->output)});
    }
}

void Stream::onGone(const std::string& reason) {
    // An orderly end has its reason; a death has its own.
    const bool ending = stage_ == Stage::Ending;
    const bool orderly = ending && reason == "the pipeline process exited with 0";
    finish(orderly ? life_.reason : ending ? life_.reason + "; " + reason : reason);
}

} // namespace streams
