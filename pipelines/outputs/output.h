#pragma once

#include "pipelines/base/result.h"
#include "pipelines/base/units.h"
#include "pipelines/control/messages.h"
#include "pipelines/fanout/fanout.h"
#include "pipelines/gst/timebase.h"
#include "pipelines/outputs/reporter.h"

#include <cstdint>
#include <functional>
#include <memory>

/// What a stream is sent to. Each output stands alone: it takes access units from the fan-out, and
/// what goes wrong in it is reported and repaired in it.
namespace outputs {

/// One destination of a stream. Owned by the stream; thread-bound to the main thread, but for its
/// consumer, which the fan-out calls. Take the consumer out of the fan-out before closing. No
/// message comes after the destructor.
class Output {
public:
    virtual ~Output() = default;

    [[nodiscard]] virtual std::shared_ptr<fanout::Consumer> consumer() const = 0;
    /// Writes out what it still holds and ends; `onClosed` is called once, later, at the latest
    /// after kCloseDeadline, with the final messages before it. Then it may be destroyed.
    virtual void close(std::function<void()> onClosed) = 0;
    /// Access units that it could not take in time.
    [[nodiscard]] virtual std::int64_t dropped() const = 0;
};

/// A disk that does not answer in this time is given up: the pipeline has 5 s to exit altogether.
inline constexpr base::Milliseconds kCloseDeadline{3000};

// RTP, TS and HLS try again by themselves after a failure and then report Running again; a
// recording does not.

/// Payload types 96 (H.264) and 97 (AAC).
base::Result<std::unique_ptr<Output>>
makeRtpOutput(const control::RtpOutput& config, const gst::Timebase& timebase, Reporter reporter);
/// Payload type 33.
base::Result<std::unique_ptr<Output>>
makeTsOutput(const control::TsOutput& config, const gst::Timebase& timebase, Reporter reporter);
/// MPEG-TS segments in files named `<random>-<n>.ts`; the playlist is the gateway's.
base::Result<std::unique_ptr<Output>> makeHlsOutput(const control::HlsOutput& config,
                                                    Reporter reporter);
/// A fragmented MP4 file, safe on disk up to the last second at any moment.
base::Result<std::unique_ptr<Output>> makeMp4Output(const control::Mp4Output& config,
                                                    Reporter reporter);

} // namespace outputs
