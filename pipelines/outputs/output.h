#pragma once

#include "pipelines/base/log.h"
#include "pipelines/base/result.h"
#include "pipelines/base/units.h"
#include "pipelines/fanout/fanout.h"
#include "pipelines/gst/timebase.h"

#include <cstdint>
#include <functional>
#include <memory>
#include <string>

/// What a stream is sent to. Each output stands alone: it takes access units from the fan-out, and
/// what goes wrong in it is reported and repaired in it.
namespace outputs {

enum class Phase { Starting, Running, Failed, Stopped };

/// An HLS segment that is complete on disk and will not change.
struct Segment {
    std::string name;             ///< file name in the output's directory
    base::Nanoseconds start{};    ///< running time of its first picture
    base::Nanoseconds duration{}; ///< to the first picture of the next one
    std::int64_t bytes = 0;
    std::int64_t take = 0;
};

enum class RecordingPhase { Recording, Stopped, Failed };

struct Recording {
    RecordingPhase phase = RecordingPhase::Recording;
    std::string path;
    base::Nanoseconds duration{};                    ///< media safe on disk
    std::int64_t bytes = 0;                          ///< file size that is safe on disk
    base::Problem problem = base::Problem::Internal; ///< when it failed
    std::string message; ///< why, when it failed; may be set when it stopped
};

/// What an output tells its stream. Called on the main thread, never from inside a call into the
/// output. An empty function is not called.
struct Events {
    /// Running with the first access unit sent or the first segment written; Failed when something
    /// broke: RTP, TS and HLS try again by themselves after a while and then say Running; a
    /// recording does not. Stopped by close().
    std::function<void(Phase, std::string message)> onPhase;
    std::function<void(Segment)> onSegment;
    /// At the start, once a second, and once at the end.
    std::function<void(Recording)> onRecording;
};

/// One destination of a stream. Owned by the stream; thread-bound to the main thread, but for its
/// consumer, which the fan-out calls. Take the consumer out of the fan-out before closing. No event
/// comes after the destructor.
class Output {
public:
    virtual ~Output() = default;

    [[nodiscard]] virtual std::shared_ptr<fanout::Consumer> consumer() const = 0;
    /// Writes out what it still holds and ends; `onClosed` is called once, later, at the latest
    /// after kCloseDeadline, with the final events before it. Then it may be destroyed.
    virtual void close(std::function<void()> onClosed) = 0;
    /// Access units that it could not take in time.
    [[nodiscard]] virtual std::int64_t dropped() const = 0;
};

/// A disk that does not answer in this time is given up: the pipeline has 5 s to exit altogether.
inline constexpr base::Milliseconds kCloseDeadline{3000};

/// H.264 and AAC as two RTP streams (RFC 6184, RFC 3640), payload types 96 and 97, RTCP on the next
/// odd ports.
struct RtpConfig {
    std::string host;  ///< numeric unicast or multicast address
    int videoPort = 0; ///< even
    int audioPort = 0; ///< even
    int ttl = 1;       ///< of multicast packets
    std::string
        interface; ///< name of the interface multicast leaves by; empty: the system's choice
    int mtu = 1200;
    base::Logger log{"rtp"};
};
base::Result<std::unique_ptr<Output>> makeRtpOutput(const RtpConfig& config,
                                                    const gst::Timebase& timebase, Events events);

/// One MPEG transport stream over RTP (RFC 2250), payload type 33.
struct TsConfig {
    std::string host;
    int port = 0; ///< even
    int ttl = 1;
    std::string interface;
    base::Logger log{"ts"};
};
base::Result<std::unique_ptr<Output>> makeTsOutput(const TsConfig& config,
                                                   const gst::Timebase& timebase, Events events);

/// MPEG-TS segments in files named `<random>-<n>.ts`; the playlist is the gateway's.
struct HlsConfig {
    std::string directory; ///< exists
    base::Milliseconds segmentDuration{2000};
    base::Logger log{"hls"};
};
base::Result<std::unique_ptr<Output>> makeHlsOutput(const HlsConfig& config, Events events);

/// A fragmented MP4 file, safe on disk up to the last second at any moment.
struct Mp4Config {
    std::string path;             ///< of the .part; must not exist
    std::int64_t minimumFree = 0; ///< bytes: with less free space the recording stops
    base::Logger log{"mp4"};
};
base::Result<std::unique_ptr<Output>> makeMp4Output(const Mp4Config& config, Events events);

} // namespace outputs
