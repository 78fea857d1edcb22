#pragma once

#include "sdp/parse_error.h"
#include "sdp/session_description.h"

#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace sdp {

/// One RTP format (payload type) of an m= line: its rtpmap, fmtp and rtcp-fb lines together.
struct Format {
    int payloadType = 0;
    std::string name; ///< as written; empty without an rtpmap
    int clockRate = 0;
    int channels = 1;
    std::vector<std::pair<std::string, std::string>> parameters; ///< of fmtp; names in lower case
    std::vector<std::string> feedback;

    bool is(std::string_view encodingName) const;                     ///< ignoring case
    std::string_view parameter(std::string_view parameterName) const; ///< empty when not given
};

/// The formats of an RTP m= line, in its order: most wanted first.
Parsed<std::vector<Format>> readFormats(const MediaDescription& media);

/// H.264 that every decoder takes and that needs no reordering: packetization-mode 1 (RFC 6184
/// section 6.3), constrained baseline of any level (section 8.1) or no profile said.
bool isConstrainedBaseline(const Format& format);

/// The retransmission format (RFC 4588) of another.
std::optional<int> rtxFor(const std::vector<Format>& formats, int payloadType);

/// "VP9, H264 (profile-level-id 42001f, packetization-mode 0)": for saying what was offered.
std::string describe(const std::vector<Format>& formats);

} // namespace sdp
