#pragma once

#include "pipelines/base/result.h"

#include <cstdint>
#include <string>

namespace finish {

/// Copies every sample of the first `length` bytes of an open fragmented MP4 into an ordinary MP4
/// with its index in front, durably on disk when it returns. Nothing is encoded; the offset between
/// the tracks and the creation time are kept, and the earlier track starts at zero. Blocks.
/// Problems: NoSpace, Unprocessable, Internal. What it wrote until a failure stays.
base::Result<void> remux(int fd, std::int64_t length, const std::string& target);

} // namespace finish
