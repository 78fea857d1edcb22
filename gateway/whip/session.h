#pragma once

#include "pipelines/base/result.h"
#include "sdp/publish_offer.h"
#include "sdp/trickle_fragment.h"

#include <map>
#include <string>
#include <vector>

namespace whip {

/// A WHIP session (RFC 9725 section 4.2): the publisher of one stream. A value.
struct Session {
    std::string stream;
    std::string publisher; ///< what the registry calls it; empty until the offer is answered
    std::string entityTag; ///< quoted; of the one ICE session there is (section 4.3.1)
    std::string ufrag;     ///< of the offer
    std::string password;
    std::map<std::string, int> mediaLines; ///< index by mid
    int candidates = 0;                    ///< trickled so far

    static Session of(const std::string& stream, const sdp::PublishOffer& offer);
};

/// One trickled candidate for one m= line; the empty text ends them.
struct Trickled {
    int mediaLine = 0;
    std::string candidate;
};

/// An identifier that can't be guessed: 128 random bits, in hexadecimal.
[[nodiscard]] std::string randomId();

/// Section 4.3.1.1: an If-Match header against the session's tag; `*` also in quotes, as an example
/// of the RFC prints it.
[[nodiscard]] bool matches(const std::string& ifMatch, const std::string& entityTag);

/// The candidates of a fragment that can lead to a connection, at most 200 in a session.
/// Unprocessable when the fragment asks for an ICE restart.
base::Result<std::vector<Trickled>> accept(Session& session, const sdp::TrickleFragment& fragment);

} // namespace whip
