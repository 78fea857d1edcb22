#include "gateway/streams/outputs.h"

#include "gateway/streams/destinations.h"
#include "gateway/streams/shared.h"

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <filesystem>
#include <sys/stat.h>
#include <type_traits>
#include <unistd.h>
#include <utility>

namespace streams {

namespace {

using base::Problem;

/// What is listed about an output that the pipeline is asked for.
OutputInfo describe(const control::OutputAdd& message) {
    OutputInfo info;
    info.id = message.output;
    std::visit(
        [&](const auto& kind) {
            using Kind = std::decay_t<decltype(kind)>;
            if constexpr (std::is_same_v<Kind, control::RtpOutput>) {
                info.type = OutputType::Rtp;
                info.host = kind.host;
                info.port = kind.videoPort;
                info.audioPort = kind.audioPort;
                info.ttl = kind.ttl;
            } else if constexpr (std::is_same_v<Kind, control::TsOutput>) {
                info.type = OutputType::Ts;
                info.host = kind.host;
                info.port = kind.port;
                info.ttl = kind.ttl;
            } else if constexpr (std::is_same_v<Kind, control::Mp4Output>) {
                info.type = OutputType::Mp4;
                info.recording = kind.path;
            }
        },
        message.kind);
    return info;
}

bool isReceiver(const OutputInfo& info) {
    return info.id.starts_with('r') && info.id != "rtp";
}

} // namespace

Outputs::~Outputs() {
    releasePorts();
}

void Outputs::releasePorts() {
    for (const int port : std::exchange(ports_, {})) {
        shared_.ports.release(port);
    }
}

std::vector<control::OutputAdd> Outputs::addBuiltIn() {
    slot_.hls.begin();
    std::vector<control::OutputAdd> messages;
    const auto add = [&](const char* id, OutputType type, auto made) {
        if (made) {
            messages.push_back({id, std::move(*made)});
            list_.push_back(describe(messages.back()));
            list_.back().recording = shared_.sandbox.fromChild(list_.back().recording);
            return;
        }
        OutputInfo info{id, type};
        info.phase = control::OutputPhase::Failed;
        info.error = made.error().message;
        list_.push_back(std::move(info));
    };
    add("hls", OutputType::Hls, makeHls());
    add("rtp", OutputType::Rtp, makeRtp());
    add("ts", OutputType::Ts, makeTs());
    if (shared_.config.recordingPath) {
        add("mp4", OutputType::Mp4, makeMp4());
    }
    return messages;
}

base::Result<control::HlsOutput> Outputs::makeHls() const {
    const std::string& directory = slot_.hls.directory();
    if (::mkdir(directory.c_str(), 0755) != 0 && errno != EEXIST) {
        return base::fail(Problem::Internal,
                          "the folder " + directory + " can't be made: " + std::strerror(errno));
    }
    if (auto given = shared_.sandbox.give(directory); !given) {
        return base::fail(given.error());
    }
    return control::HlsOutput{shared_.sandbox.toChild(directory), shared_.config.hls.segment};
}

base::Result<int> Outputs::allot(int& before) {
    const auto port = shared_.ports.allot(before);
    if (!port) {
        return base::fail(Problem::Unavailable, "no free pair of ports is left: widen [rtp] ports");
    }
    ports_.push_back(*port);
    before = *port;
    return *port;
}

base::Result<control::RtpOutput> Outputs::makeRtp() {
    const auto video = allot(slot_.videoPort);
    const auto audio = video ? allot(slot_.audioPort) : video;
    if (!audio) {
        return base::fail(audio.error());
    }
    const RtpSettings& rtp = shared_.config.rtp;
    return control::RtpOutput{rtp.destination, *video, *audio, rtp.ttl, rtp.interface, rtp.mtu};
}

base::Result<control::TsOutput> Outputs::makeTs() {
    const auto port = allot(slot_.tsPort);
    if (!port) {
        return base::fail(port.error());
    }
    const RtpSettings& rtp = shared_.config.rtp;
    return control::TsOutput{rtp.destination, *port, rtp.ttl, rtp.interface};
}

base::Result<control::Mp4Output> Outputs::makeMp4() const {
    auto path = shared_.config.recordingPath(stream_, std::chrono::system_clock::now());
    if (!path) {
        return base::fail(path.error());
    }
    if (auto given = shared_.sandbox.give(std::filesystem::path(*path).parent_path()); !given) {
        return base::fail(given.error());
    }
    return control::Mp4Output{shared_.sandbox.toChild(*path), shared_.config.minimumFree};
}

base::Result<control::OutputAdd> Outputs::addReceiver(const Receiver& receiver) {
    const bool rtp = receiver.type == OutputType::Rtp;
    const auto host = checkReceiver(receiver.host, receiver.port, rtp ? 4 : 2,
                                    shared_.config.rtp.allowedDestinations);
    if (!host) {
        return base::fail(host.error());
    }
    if (std::count_if(list_.begin(), list_.end(), isReceiver) >= kMostReceivers) {
        return base::fail(Problem::Conflict, "this stream has 16 added outputs: remove one first");
    }
    control::OutputAdd message{"r" + std::to_string(++added_), {}};
    if (rtp) {
        message.kind = control::RtpOutput{*host, receiver.port,         receiver.port + 2, 1,
                                          "",    shared_.config.rtp.mtu};
    } else {
        message.kind = control::TsOutput{*host, receiver.port, 1, ""};
    }
    list_.push_back(describe(message));
    return message;
}

base::Result<void> Outputs::remove(const std::string& id) {
    const OutputInfo* info = find(id);
    if (info == nullptr) {
        return base::fail(Problem::NotFound, "this stream has no such output");
    }
    if (!isReceiver(*info)) {
        return base::fail(Problem::Conflict,
                          "this output belongs to every stream and can't be removed");
    }
    std::erase_if(list_, [&](const OutputInfo& entry) { return entry.id == id; });
    return {};
}

const OutputInfo* Outputs::update(const control::OutputState& state) {
    const auto at = std::find_if(list_.begin(), list_.end(),
                                 [&](const OutputInfo& info) { return info.id == state.output; });
    if (at == list_.end()) {
        return nullptr;
    }
    at->phase = state.phase;
    at->error = shared_.sandbox.fromChild(state.message);
    return &*at;
}

void Outputs::setFormat(const control::Live& live, const Parameters& parameters) {
    slot_.nextTake = std::max(slot_.nextTake, live.take + 1);
    slot_.hls.setFormat({parameters.videoCodec + "," + parameters.audioCodec, live.video.size,
                         live.video.frameRate});
}

base::Result<void> Outputs::addSegment(const control::Segment& segment, base::WallTime time) {
    if (segment.output != "hls" || list_.empty()) {
        return {};
    }
    if (!hls::SegmentFiles::validName(segment.name) || segment.duration <= base::Nanoseconds{}) {
        return base::fail(Problem::Malformed, "it named an HLS segment that can't be one");
    }
    slot_.nextTake = std::max(slot_.nextTake, segment.take + 1);
    const bool continues = segmentTake_.value_or(segment.take) == segment.take;
    segmentTake_ = segment.take;
    slot_.hls.add({segment.name, segment.duration, segment.bytes, time}, continues);
    return {};
}

void Outputs::updateRecording(const control::Recording& recording) {
    const OutputInfo* mp4 = find(recording.output);
    if (mp4 == nullptr || mp4->type != OutputType::Mp4) {
        return;
    }
    recording_ = recording;
    recording_->path = mp4->recording;
    recording_->message = shared_.sandbox.fromChild(recording.message);
    shared_.events.emit(RecordingChanged{stream_, *recording_, false});
}

void Outputs::close() {
    if (list_.empty()) {
        return;
    }
    slot_.hls.end();
    releasePorts();
    for (OutputInfo& info : list_) {
        if (info.phase != control::OutputPhase::Failed) {
            info.phase = control::OutputPhase::Stopped;
        }
    }
    concludeRecording();
}

OutputInfo* Outputs::recordingOutput() {
    const auto at = std::find_if(list_.begin(), list_.end(), [](const OutputInfo& info) {
        return info.type == OutputType::Mp4;
    });
    return at != list_.end() ? &*at : nullptr;
}

/// Tells that nobody writes its file any more, if there is one.
void Outputs::concludeRecording() {
    const OutputInfo* mp4 = recordingOutput();
    if (mp4 != nullptr && (recording_ || ::access(mp4->recording.c_str(), F_OK) == 0)) {
        auto last = recording_.value_or(control::Recording{.output = mp4->id});
        last.path = mp4->recording;
        shared_.events.emit(RecordingChanged{stream_, last, true});
    }
    recording_.reset();
}

std::optional<control::OutputAdd> Outputs::followRecording(const std::string& ended) {
    OutputInfo* mp4 = recordingOutput();
    if (mp4 == nullptr || mp4->id != ended) {
        return std::nullopt;
    }
    concludeRecording();
    auto made = makeMp4();
    if (!made) {
        mp4->phase = control::OutputPhase::Failed;
        mp4->error = made.error().message;
        return std::nullopt;
    }
    control::OutputAdd message{"mp4-" + std::to_string(++added_), std::move(*made)};
    *mp4 = describe(message);
    mp4->recording = shared_.sandbox.fromChild(mp4->recording);
    return message;
}

const OutputInfo* Outputs::find(const std::string& id) const {
    const auto at = std::find_if(list_.begin(), list_.end(),
                                 [&](const OutputInfo& info) { return info.id == id; });
    return at != list_.end() ? &*at : nullptr;
}

} // namespace streams
