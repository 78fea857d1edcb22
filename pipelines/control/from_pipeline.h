#pragma once

#include "pipelines/base/result.h"
#include "pipelines/base/units.h"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

/// The messages from a pipeline process to the gateway: one JSON object per line, `type` names the
/// struct. Values: copied freely between threads.
namespace control {

struct MissingElement {
    std::string element;
    std::string package; ///< the Debian package that has it
};

/// "ready": the first message. The process can take a publisher when nothing is missing.
struct Ready {
    int protocol = 0;
    std::string version; ///< of GStreamer
    std::vector<MissingElement> missing;
};

/// "answer": to a Publish. Exactly one of description and error is set.
struct Answer {
    std::string session;
    std::string description;          ///< the session description, all candidates in it
    std::optional<base::Error> error; ///< the session does not exist any more
};

using base::Media;

/// "track": media of a publisher began to arrive.
struct Track {
    std::string session;
    Media media = Media::Video;
    std::string codec;        ///< "VP8", "H264", "Opus"
    bool passthrough = false; ///< not decoded
};

/// "closed": a publisher's session has ended, by whatever cause. When it was the last one, outputs
/// still run until Stop. When it was the current one and another is to take its place, the stream
/// goes on with that one.
struct Closed {
    std::string session;
    base::Problem problem = base::Problem::PeerLost;
    std::string reason;     ///< one sentence
    std::string replacedBy; ///< the session that has taken its place; empty: none has
};

struct VideoFormat {
    base::PictureSize size;
    int frameRate = 0; ///< frames per second, rounded; 0 while unknown
    std::string sps;   ///< the NAL unit's bytes, base64
    std::string pps;   ///< likewise
};
struct AudioFormat {
    int rate = 48000;
    int channels = 2;
    std::string config; ///< AudioSpecificConfig (ISO 14496-3), hexadecimal
};

/// "state": the stream as a whole became live: the parameters of what leaves the encoders are
/// known. Sent again when they change.
struct Live {
    std::int64_t take = 0;
    VideoFormat video;
    AudioFormat audio;
    /// Wall clock of running time zero, less the known ingest latency: never steps within a take.
    base::WallTime origin{};
};

enum class OutputPhase { Starting, Running, Failed, Stopped };
/// "starting" and so on, as in the message.
std::string_view nameOf(OutputPhase phase);

/// "output": an output changed its state.
struct OutputState {
    std::string output;
    OutputPhase phase = OutputPhase::Starting;
    std::string message; ///< why, when it failed
};

/// "segment": an HLS segment is complete on disk and will not change.
struct Segment {
    std::string output;
    std::string name;          ///< file name in the output's directory
    base::Nanoseconds start{}; ///< running time of its first video frame
    base::Nanoseconds duration{};
    std::int64_t bytes = 0;
    std::int64_t take = 0;
};

enum class RecordingPhase { Recording, Stopped, Failed };

/// "recording": sent at the start, then about once a second, and once at the end.
struct Recording {
    std::string output;
    RecordingPhase phase = RecordingPhase::Recording;
    std::string path;                                ///< of the .part
    base::Nanoseconds duration{};                    ///< media safe on disk
    std::int64_t bytes = 0;                          ///< file size that is safe on disk
    base::Problem problem = base::Problem::Internal; ///< when it failed
    std::string message; ///< why, when it failed; may be set when it stopped
};

/// "stats": once a second from the main thread; the heartbeat.
struct Stats {
    base::Nanoseconds runningTime{};
    base::Bitrate received;   ///< RTP from the publisher, over the last second
    base::Bitrate encoded;    ///< video and audio that crossed the fan-out, over the last second
    std::int64_t frames = 0;  ///< encoded video frames since the start
    std::int64_t lost = 0;    ///< RTP packets that never came
    std::int64_t dropped = 0; ///< access units dropped by slow outputs
};

using FromPipeline =
    std::variant<Ready, Answer, Track, Closed, Live, OutputState, Segment, Recording, Stats>;

/// One line without the newline.
std::string print(const FromPipeline& message);
/// Fails with Problem::Malformed on anything that is not exactly such a message.
base::Result<FromPipeline> readFromPipeline(std::string_view line);

} // namespace control
