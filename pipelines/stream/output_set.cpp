#include "pipelines/stream/output_set.h"

#include "pipelines/base/loop.h"

namespace stream {

using base::Result;

namespace {

using Made = Result<std::unique_ptr<outputs::Output>>;

struct Maker {
    const gst::Timebase& timebase;
    outputs::Events events;

    Made operator()(const control::RtpOutput& kind) {
        return outputs::makeRtpOutput({.host = kind.host,
                                       .videoPort = kind.videoPort,
                                       .audioPort = kind.audioPort,
                                       .ttl = kind.ttl,
                                       .interface = kind.interface,
                                       .mtu = kind.mtu},
                                      timebase, std::move(events));
    }
    Made operator()(const control::TsOutput& kind) {
        return outputs::makeTsOutput(
            {.host = kind.host, .port = kind.port, .ttl = kind.ttl, .interface = kind.interface},
            timebase, std::move(events));
    }
    Made operator()(const control::HlsOutput& kind) {
        return outputs::makeHlsOutput(
            {.directory = kind.directory, .segmentDuration = kind.segmentDuration},
            std::move(events));
    }
    Made operator()(const control::Mp4Output& kind) {
        return outputs::makeMp4Output({.path = kind.path, .minimumFree = kind.minimumFree},
                                      std::move(events));
    }
};

control::OutputPhase toControl(outputs::Phase phase) {
    switch (phase) {
    case outputs::Phase::Starting:
        return control::OutputPhase::Starting;
    case outputs::Phase::Running:
        return control::OutputPhase::Running;
    case outputs::Phase::Failed:
        return control::OutputPhase::Failed;
    case outputs::Phase::Stopped:
        break;
    }
    return control::OutputPhase::Stopped;
}

control::RecordingPhase toControl(outputs::RecordingPhase phase) {
    switch (phase) {
    case outputs::RecordingPhase::Recording:
        return control::RecordingPhase::Recording;
    case outputs::RecordingPhase::Stopped:
        return control::RecordingPhase::Stopped;
    case outputs::RecordingPhase::Failed:
        break;
    }
    return control::RecordingPhase::Failed;
}

} // namespace

OutputSet::OutputSet(std::shared_ptr<fanout::Fanout> fanout, const gst::Timebase& timebase,
                     control::Send send)
    : fanout_(std::move(fanout)), timebase_(timebase), send_(std::move(send)) {}

OutputSet::~OutputSet() = default;

outputs::Events OutputSet::eventsOf(const std::string& name) {
    return {[this, name](outputs::Phase phase, const std::string& message) {
                send_(control::OutputState{name, toControl(phase), message});
            },
            [this, name](const outputs::Segment& segment) {
                send_(control::Segment{name, segment.name, segment.start, segment.duration,
                                       segment.bytes, segment.take});
            },
            [this, name](const outputs::Recording& recording) {
                send_(control::Recording{name, toControl(recording.phase), recording.path,
                                         recording.duration, recording.bytes, recording.problem,
                                         recording.message});
            }};
}

void OutputSet::add(const control::OutputAdd& message) {
    const std::string& name = message.output;
    if (open_.contains(name) || closing_.contains(name)) {
        return; // the gateway never reuses a name while it is known
    }
    auto made = std::visit(Maker{timebase_, eventsOf(name)}, message.kind);
    if (!made) {
        send_(control::OutputState{name, control::OutputPhase::Failed, made.error().message});
        return;
    }
    fanout_->add((*made)->consumer());
    open_.emplace(name, std::move(*made));
}

void OutputSet::remove(const std::string& name) {
    if (open_.contains(name)) {
        close(name);
    }
}

void OutputSet::close(const std::string& name) {
    auto node = open_.extract(name);
    outputs::Output& output = *node.mapped();
    closing_.insert(std::move(node));
    fanout_->remove(output.consumer());
    output.close([this, name] { onClosed(name); });
}

/// Called by the output itself, which is destroyed once it has returned.
void OutputSet::onClosed(const std::string& name) {
    droppedBefore_ += closing_.at(name)->dropped();
    auto node = std::make_shared<decltype(closing_)::node_type>(closing_.extract(name));
    base::post([node] {});
    if (closing_.empty() && open_.empty() && onAllClosed_) {
        base::post(std::exchange(onAllClosed_, nullptr));
    }
}

void OutputSet::closeAll(std::function<void()> onClosed) {
    onAllClosed_ = std::move(onClosed);
    if (open_.empty() && closing_.empty()) {
        base::post(std::exchange(onAllClosed_, nullptr));
        return;
    }
    while (!open_.empty()) {
        close(open_.begin()->first);
    }
}

std::int64_t OutputSet::dropped() const {
    std::int64_t total = droppedBefore_;
    for (const auto& [name, output] : open_) {
        total += output->dropped();
    }
    return total;
}

} // namespace stream
