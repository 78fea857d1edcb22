#pragma once

#include "sdp/publish_offer.h"
#include "sdp/session_description.h"

namespace sdp {

// The offer as webrtcbin 1.22 should see it: only the chosen formats, feedback and header
// extensions, usable candidates of the bundled transport, no simulcast. It says setup:active, so
// that webrtcbin, which would become active itself, answers passive (RFC 9725 section 4.4.4).
SessionDescription offerForPeer(const PublishOffer& offer);

struct AnswerOptions {
    int startBitrate = 0; // kbit/s, x-google-start-bitrate for the video; 0: none
};

// webrtcbin's answer (its local description after gathering) as the publisher should see it:
// recvonly, rtcp-mux, UDP candidates without link-local ones, end-of-candidates, nothing that
// was not asked for. An error when it does not take every m= line of the offer.
Parsed<SessionDescription> finishAnswer(const SessionDescription& answer, const PublishOffer& offer,
                                        const AnswerOptions& options);

} // namespace sdp
