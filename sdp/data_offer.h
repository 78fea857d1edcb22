#pragma once

#include "sdp/candidate.h"
#include "sdp/publish_offer.h"
#include "sdp/session_description.h"

#include <string>
#include <string_view>
#include <tl/expected.hpp>
#include <vector>

namespace sdp {

/// An offer of one data channel and nothing else (RFC 8841), as a page makes it that only tests its
/// way here.
struct DataOffer {
    std::string mid;
    bool bundled = false; ///< there is a BUNDLE group
    OfferedTransport transport;

    static tl::expected<DataOffer, Refusal> parse(std::string_view text);
};

/// The side of an ICE-lite agent (RFC 8445 section 2.5) that answers it.
struct LiteAgent {
    std::string sessionId; ///< a number
    std::string ufrag;
    std::string password;
    std::string fingerprint;           ///< SHA-256, upper case with colons
    std::vector<Candidate> candidates; ///< at least one
};
SessionDescription answerTo(const DataOffer& offer, const LiteAgent& agent);

} // namespace sdp
