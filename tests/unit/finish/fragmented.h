#pragma once

#include <chrono>
#include <cstdint>
#include <string>
#include <vector>

/// Files as a recorder leaves them, made by libavformat of media that ffmpeg encoded.
namespace fragmented {

struct Options {
    std::chrono::milliseconds start{10'000}; ///< time of the first picture
    std::chrono::milliseconds audioDelay{0}; ///< the sound begins later by this; may be negative
    std::chrono::milliseconds fragment{500};
    bool audio = true;
};

/// 4 s of H.264 (no B-frames, key frames each second) and AAC in a Matroska file, made once per
/// process.
const std::string& encodedMedia();

/// Writes `path` and returns the length of the file after the head and after each fragment.
std::vector<std::int64_t> write(const std::string& path, const Options& options = {});

} // namespace fragmented
