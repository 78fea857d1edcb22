#pragma once

#include "pipelines/fanout/access_unit.h"
#include "pipelines/outputs/av_muxer.h"

#include <memory>
#include <vector>

namespace outputs {

/// Access units in, MPEG-TS packets out, in memory and without delay. One program that goes on over
/// every cut: time stamps are the running time, and neither they nor the continuity counters start
/// anew. Reentrant.
class TsMuxer {
public:
    enum class Audio {
        Grouped, ///< several frames in a PES packet: smaller
        Single,  ///< each frame at once
    };

    static base::Result<std::unique_ptr<TsMuxer>> make(const fanout::Format& format, Audio audio);

    /// Appends whole packets of 188 bytes to `out`; with grouped audio some stay behind.
    base::Result<void> write(const fanout::AccessUnit& unit, std::vector<std::uint8_t>& out);
    /// Appends what stayed behind; the next unit has the tables (PAT, PMT) in front.
    base::Result<void> cut(std::vector<std::uint8_t>& out);

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
