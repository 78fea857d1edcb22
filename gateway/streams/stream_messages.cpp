#include "gateway/streams/parameters.h"
#include "gateway/streams/stream.h"

#include <algorithm>

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
    if (message.session != identity_.session || stage_ != Stage::Answering) {
        return;
    }
    if (message.error) {
        answer(base::fail(*message.error));
        end("the offer could not be answered: " + message.error->message);
        return;
    }
    advance(Stage::Connecting);
    answer(Accepted{identity_.session, message.description});
}

void Stream::on(const control::Track& message) {
    if (message.session != identity_.session || stage_ >= Stage::Ending) {
        return;
    }
    (message.media == control::Media::Video ? info_.video : info_.audio) = message;
    if (message.media == control::Media::Video) {
        info_.videoBitrate = message.passthrough ? base::Bitrate{} : shared_.config.video.bitrate;
    }
    log_.info(message.codec + (message.passthrough ? " arrives, passed through" : " arrives"));
    if (outputs_.list().empty()) {
        startOutputs();
    }
    announce();
}

void Stream::startOutputs() {
    deadline_ = base::Timer::once(kFirstPicture, [this] {
        end("media came, but no picture could be made of it within 10 s");
    });
    heritage_.hls.begin();
    for (const control::OutputAdd& message : outputs_.addBuiltIn(heritage_)) {
        process_->send(message);
    }
}

void Stream::on(const control::Closed& message) {
    if (message.session == identity_.session) {
        end(message.reason);
    }
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
    heritage_.nextTake = std::max(heritage_.nextTake, message.take + 1);
    heritage_.hls.setFormat({parameters->videoCodec + "," + parameters->audioCodec,
                             message.video.size, message.video.frameRate});
    if (!info_.live || !sameParameters(*info_.live, message)) {
        ++info_.descriptionVersion;
    }
    info_.live = message;
    info_.take = message.take;
    if (advance(Stage::Live)) {
        info_.start = std::chrono::system_clock::now();
        log_.info("live, " + std::to_string(message.video.size.width) + "x" +
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
        log_.within(info->id).warning("failed: " + info->error);
    }
    shared_.events.emit(OutputChanged{info_.name, *info});
}

void Stream::on(const control::Segment& message) {
    if (message.output != "hls" || outputs_.list().empty()) {
        return;
    }
    if (!hls::SegmentFiles::validName(message.name) || message.duration <= base::Nanoseconds{}) {
        process_->terminate("it named an HLS segment that can't be one");
        return;
    }
    heritage_.nextTake = std::max(heritage_.nextTake, message.take + 1);
    const bool continues = segmentTake_.value_or(message.take) == message.take;
    segmentTake_ = message.take;
    const base::WallTime time = info_.live ? info_.live->origin + message.start
                                           : std::chrono::system_clock::now() - message.duration;
    heritage_.hls.add({message.name, message.duration, message.bytes, time}, continues);
}

void Stream::on(const control::Recording& message) {
    const OutputInfo* mp4 = outputs_.find(message.output);
    if (mp4 == nullptr || mp4->type != OutputType::Mp4) {
        return;
    }
    recording_ = message;
    recording_->path = mp4->recording;
    recording_->message = shared_.sandbox.fromChild(message.message);
    shared_.events.emit(RecordingChanged{info_.name, *recording_, false});
}

void Stream::onGone(const std::string& reason) {
    // An orderly end has its reason; a death has its own.
    const bool orderly = stage_ == Stage::Ending && reason == "the pipeline process exited with 0";
    finish(orderly ? reason_ : stage_ == Stage::Ending ? reason_ + "; " + reason : reason);
}

} // namespace streams
