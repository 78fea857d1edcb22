#pragma once

#include "sdp/publish_offer.h"
#include "sdp/session_description.h"

#include <string>

namespace sdp {

/// The offer as webrtcbin 1.22 should see it: only the chosen formats, feedback and header
/// extensions, usable candidates of the bundled transport, no simulcast. It says setup:active, so
/// that webrtcbin, which would become active itself, answers passive (RFC 9725 section 4.4.4).
SessionDescription offerForPeer(const PublishOffer& offer);

struct AnswerOptions {
    int startBitrate = 0; ///< kbit/s, x-google-start-bitrate for the video; 0: none
    /// Numeric: stands in host candidates of its family instead of their own, at the same port, as
    /// a 1:1 NAT needs it; those of the loopback keep theirs. Empty: none.
    std::string publicAddress;
    std::string
        lastAddress;       ///< of a host candidate that is worth less than all others; empty: none
    std::string lastAlias; ///< stands in that one; empty: its own address does
    bool loopback = false; ///< its own address stands in another one besides
};

/// webrtcbin's answer (its local description after gathering) as the publisher should see it:
/// recvonly, rtcp-mux, UDP candidates without link-local ones, end-of-candidates, nothing that
/// was not asked for. An error when it does not take every m= line of the offer.
Parsed<SessionDescription> finishAnswer(const SessionDescription& answer, const PublishOffer& offer,
                                        const AnswerOptions& options);

/// Whether an answer has a candidate at all.
bool hasCandidates(const SessionDescription& answer);

} // namespace sdp
