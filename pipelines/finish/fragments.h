#pragma once

#include <cstdint>

/// What of a fragmented MP4 is whole, wherever its writer was stopped (ISO 14496-12, 4.2 and 8.8).
namespace finish {

struct WholeFragments {
    std::int64_t bytes =
        0; ///< length up to the end of the last whole fragment; 0 when there is none
    std::int64_t count = 0;
};

/// Walks the top-level boxes of an open file. Reads only their headers.
WholeFragments findWholeFragments(int fd);

} // namespace finish
