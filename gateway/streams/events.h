#pragma once

#include "pipelines/base/units.h"
#include "pipelines/control/from_pipeline.h"

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <variant>
#include <vector>

/// What others may know about streams: snapshots, and what is told when they change. Values.
namespace streams {

enum class OutputType { Hls, Rtp, Ts, Mp4 };

struct OutputInfo {
    std::string id; ///< "hls", "rtp", "ts", "mp4", or "r1"… for added ones
    OutputType type = OutputType::Hls;
    std::string host;  ///< rtp, ts: numeric address
    int port = 0;      ///< rtp: of the video; ts
    int audioPort = 0; ///< rtp
    int ttl = 0;       ///< rtp, ts to a multicast group
    control::OutputPhase phase = control::OutputPhase::Starting;
    std::string error;     ///< when it failed
    std::string recording; ///< mp4: path of the .part
};

enum class StreamState { Connecting, Live, Ending, Ended };

/// Why a stream ended, as a publisher can act on it.
enum class EndCause {
    Publisher, ///< it stopped, was lost or never came
    Removed,   ///< somebody asked for the end of the stream
    Stopping,  ///< Spillway stops
    Failed,    ///< something of ours
};

struct StreamInfo {
    std::string name;
    StreamState state = StreamState::Connecting;
    EndCause cause = EndCause::Failed; ///< when ending or ended
    std::string
        session; ///< of the publisher, between the two processes; not the WHIP session's secret
    std::vector<std::string> incoming; ///< sessions that are to take its place
    std::int64_t take = 0;
    std::optional<base::WallTime> start; ///< when it became live
    std::optional<control::Track> video; ///< what the publisher sends
    std::optional<control::Track> audio;
    std::optional<control::Live> live; ///< what leaves the encoders; absent until known
    base::Bitrate videoBitrate;        ///< of what leaves; zero when it is the publisher's own
    base::Bitrate audioBitrate;
    std::uint64_t descriptionId = 0;      ///< for o= of its .sdp files; differs between streams
    std::uint64_t descriptionVersion = 0; ///< grows whenever `live` changes
    std::vector<OutputInfo> outputs;      ///< built-in ones first
    control::Stats stats;
};

/// The stream appeared, changed its state or its parameters, or ended.
struct StreamChanged {
    StreamInfo stream;
    std::string reason; ///< one sentence, when ended
};
struct OutputChanged {
    std::string stream;
    OutputInfo output;
};
/// A recording began, grew (about once a second) or ended.
struct RecordingChanged {
    std::string stream;
    control::Recording recording;
    /// The pipeline process has gone and nobody writes this file any more: the last event about it.
    bool processGone = false;
};

using Event = std::variant<StreamChanged, OutputChanged, RecordingChanged>;
using Listener = std::function<void(const Event&)>;

/// Destroying it ends the subscription; it may outlive the registry. Movable.
class Subscription {
public:
    Subscription() = default;
    explicit Subscription(std::shared_ptr<Listener> listener) : listener_(std::move(listener)) {}

private:
    std::shared_ptr<Listener> listener_;
};

/// Calls whoever listens, in the order of subscription, at once. Thread-bound.
class Events {
public:
    [[nodiscard]] Subscription subscribe(Listener listener);
    void emit(const Event& event);

private:
    std::vector<std::weak_ptr<Listener>> listeners_;
};

} // namespace streams
