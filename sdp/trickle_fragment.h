#pragma once

#include "sdp/candidate.h"
#include "sdp/parse_error.h"

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace sdp {

/// The candidates of one m= line of a fragment.
struct TrickledMedia {
    std::string mid;
    std::vector<Candidate> candidates; ///< unusable ones too: see Candidate::isUsable()
    bool endOfCandidates = false;
};

/// The body of a WHIP PATCH: application/trickle-ice-sdpfrag, RFC 8840 section 9.
struct TrickleFragment {
    static constexpr std::size_t kMaxBytes = 16 * 1024;
    static constexpr std::size_t kMaxCandidates = 64;

    std::string ufrag; ///< both empty when the fragment does not name them
    std::string password;
    std::vector<TrickledMedia> media;
    bool endOfCandidates = false; ///< for the session as a whole

    static Parsed<TrickleFragment> parse(std::string_view text);
};

} // namespace sdp
