#pragma once

#include "gateway/http/responder.h"
#include "sdp/publish_offer.h"
#include "sdp/trickle_fragment.h"

#include <map>
#include <set>
#include <string>
#include <vector>

namespace whip {

/// A WHIP session (RFC 9725 section 4.2): the publisher of one stream, as its URL names it.
struct Session {
    std::string stream;
    std::string publisher; ///< what the registry calls it
    std::string entityTag; ///< quoted; of the one ICE session there is (section 4.3.1)
    std::string ufrag;     ///< of the offer
    std::string password;
    std::map<std::string, int> mediaLines; ///< index by mid
    int candidates = 0;                    ///< trickled so far
};

/// One trickled candidate for one m= line; the empty text ends them.
struct Trickled {
    int mediaLine = 0;
    std::string candidate;
};

/// The sessions there are, by an identifier that can't be guessed. Owned by the endpoint.
/// Thread-bound.
class Sessions {
public:
    /// The new session's identifier.
    std::string add(const std::string& stream, const std::string& publisher,
                    const sdp::PublishOffer& offer);
    /// Null when there is none of that identifier in that stream.
    Session* find(const std::string& stream, const std::string& id);
    void remove(const std::string& id) { sessions_.erase(id); }
    /// Only these publishers of a stream have a session.
    void keepOnly(const std::string& stream, const std::set<std::string>& publishers);

private:
    std::map<std::string, Session> sessions_;
};

/// Section 4.3.1.1: an If-Match header against the session's tag; `*` also in quotes, as an example
/// of the RFC prints it.
[[nodiscard]] bool matches(const std::string& ifMatch, const std::string& entityTag);

/// What a fragment tells the session; what can't lead to a connection is left out without a word.
/// Unprocessable when it asks for an ICE restart.
base::Result<std::vector<Trickled>> accept(Session& session, const sdp::TrickleFragment& fragment);

} // namespace whip
