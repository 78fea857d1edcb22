#pragma once

#include "pipelines/base/result.h"
#include "pipelines/base/unique.h"
#include "pipelines/base/units.h"
#include "pipelines/fanout/access_unit.h"
#include "pipelines/outputs/av_muxer.h"

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

namespace outputs {

/// A fragmented MP4 file that is playable at any moment up to its last whole fragment, and locked
/// while it grows (flock). Reentrant.
class Mp4File {
public:
    /// Writes the header. `keyFrame` is the first one and brings the parameter sets; running time
    /// starts with it. Fails with Problem::NoSpace on a full disk.
    static base::Result<std::unique_ptr<Mp4File>> create(const std::string& path,
                                                         const fanout::Format& format,
                                                         const fanout::AccessUnit& keyFrame,
                                                         base::WallTime wallClock);
    Mp4File(const Mp4File&) = delete;
    Mp4File& operator=(const Mp4File&) = delete;

    base::Result<void> write(const fanout::AccessUnit& unit);
    /// Makes what was written so far safe on disk.
    base::Result<void> endFragment();
    /// Cuts the file to what is safe.
    void dropTail();

    /// Media in the fragment that is not safe yet.
    [[nodiscard]] base::Nanoseconds pending() const { return end_ - safeEnd_; }
    [[nodiscard]] base::Nanoseconds safeDuration() const { return safeEnd_ - start_; }
    [[nodiscard]] std::int64_t safeBytes() const { return safeBytes_; }
    /// On its file system, for us; negative when that can't be told.
    [[nodiscard]] std::int64_t freeBytes() const;

private:
    Mp4File(base::UniqueFd file, base::Nanoseconds start)
        : file_(std::move(file)), start_(start), end_(start), safeEnd_(start) {}
    base::Result<void> writeHeader(const fanout::Format& format, const fanout::AccessUnit& keyFrame,
                                   base::WallTime wallClock);
    base::Result<void> makeSafe();

    base::UniqueFd file_;
    std::unique_ptr<AvMuxer> muxer_;
    std::vector<std::uint8_t> frame_; ///< of video, the one being written
    base::Nanoseconds frameDuration_{};
    const base::Nanoseconds start_;
    base::Nanoseconds end_;
    base::Nanoseconds safeEnd_;
    std::int64_t bytes_ = 0;
    std::int64_t safeBytes_ = 0;
};

} // namespace outputs
