#pragma once

#include "sdp/candidate.h"
#include "sdp/session_description.h"

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <tl/expected.hpp>
#include <utility>
#include <vector>

namespace sdp {

enum class MediaKind { Audio, Video };
enum class Codec { Vp8, H264, Opus };

/// The name as in a=rtpmap and as webrtcbin's caps spell it: "VP8", "H264", "OPUS".
const char* encodingName(Codec codec);

/// Why an offer is not taken. Malformed: not a proper WebRTC offer (400). Unusable: proper, but
/// nothing that can be published here (422); the reason says what was offered and what is taken.
struct Refusal {
    enum class Kind { Malformed, Unusable };
    Kind kind = Kind::Malformed;
    int line = 0; ///< 0: the offer as a whole
    std::string reason;
};

/// The header extensions that are taken, as in a=extmap.
inline constexpr std::string_view kTransportCcUri =
    "http://www.ietf.org/id/draft-holmer-rmcat-transport-wide-cc-extensions-01";
inline constexpr std::string_view kMidUri = "urn:ietf:params:rtp-hdrext:sdes:mid";

/// One m= line of the offer, reduced to the one format that is taken from it.
struct OfferedTrack {
    std::size_t index = 0; ///< of the m= line
    std::string mid;
    MediaKind kind = MediaKind::Video;
    Codec codec = Codec::Vp8;
    int payloadType = 0;
    int clockRate = 90000;
    int channels = 0;                  ///< audio only
    std::string fmtp;                  ///< checked parameters, "a=1;b=2"; may be empty
    std::vector<std::string> feedback; ///< a=rtcp-fb: "nack", "nack pli", "ccm fir", "transport-cc"
    std::optional<int> rtxPayloadType;
    std::optional<int> transportCcId; ///< a=extmap ids
    std::optional<int> midId;
    std::vector<std::pair<std::string, std::string>> sources; ///< a=ssrc and a=ssrc-group lines
    std::string protocol;                                     ///< as offered, for the answer
    bool rtcpRsize = false;
    bool rtcpMuxOnly = false;
};

/// The one transport of the BUNDLE group, taken from its first m= line.
struct OfferedTransport {
    std::string ufrag;
    std::string password;
    std::string fingerprint; ///< SHA-256, upper case with colons, without "sha-256 "
    bool active = false;     ///< a=setup:active; else actpass
    bool iceLite = false;
    std::vector<Candidate> candidates; ///< the usable ones
};

/// What a WHIP offer asks for (RFC 9725, RFC 8829): one video, perhaps one audio, one transport.
struct PublishOffer {
    static constexpr std::size_t kMaxCandidates = 32; ///< usable ones in an m= line

    OfferedTrack video;
    std::optional<OfferedTrack> audio;
    OfferedTransport transport;
    Origin origin;
    std::vector<std::string> bundle; ///< mids, the tagged one first; empty: no group, one m= line

    static tl::expected<PublishOffer, Refusal> parse(std::string_view text);
    static tl::expected<PublishOffer, Refusal> read(const SessionDescription& description);

    std::vector<const OfferedTrack*> tracks() const; ///< in the order of the m= lines
};

} // namespace sdp
