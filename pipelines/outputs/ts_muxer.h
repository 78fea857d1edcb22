#pragma once

#include "pipelines/fanout/access_unit.h"
#include "pipelines/outputs/av_muxer.h"

#include <memory>
#include <vector>

namespace outputs {

/// Access units in, MPEG-TS packets out, in memory and at once: it waits for neither medium.
/// (mpegtsmux holds video until the audio of its time has come.) Time stamps are the running time.
/// Reentrant.
class TsMuxer {
public:
    static base::Result<std::unique_ptr<TsMuxer>> make(const fanout::Format& format);

    /// Appends packets of 188 bytes to `out`, in front of a key frame also the tables (PAT, PMT),
    /// so that receivers can begin there.
    base::Result<void> write(const fanout::AccessUnit& unit, std::vector<std::uint8_t>& out);

private:
    TsMuxer() = default;
    std::span<const std::uint8_t> withAdtsHeader(std::span<const std::uint8_t> frame);

    std::unique_ptr<AvMuxer> muxer_;
    std::vector<std::uint8_t>* out_ = nullptr; ///< of the call under way
    std::vector<std::uint8_t> adts_;           ///< the header, then the frame of the moment
    int video_ = 0;
    int audio_ = 0;
};

} // namespace outputs
