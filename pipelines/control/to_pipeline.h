#pragma once

#include "pipelines/base/result.h"
#include "pipelines/base/units.h"

#include <cstdint>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

/// The messages from the gateway to a pipeline process: one JSON object per line, `type` names the
/// struct. Values: copied freely between threads.
namespace control {

/// Both ends of a line must speak the same version (Ready::protocol).
inline constexpr int kProtocol = 1;

struct VideoSettings {
    int minHeight = 720;
    int frameRate = 30;              ///< frames per second
    std::string preset = "veryfast"; ///< a speed-preset of x264enc
    base::Bitrate bitrate = base::Bitrate::kilobits(2500);
    base::Milliseconds gop{1000};
};

struct AudioSettings {
    base::Bitrate bitrate = base::Bitrate::kilobits(128);
};

/// How publishers reach a pipeline: [ice] of the settings file, and what the relay adds.
struct IceSettings {
    int firstPort = 0; ///< UDP ports of host candidates; 0: any
    int lastPort = 0;
    std::vector<std::string> interfaces; ///< names or numeric addresses; empty: all
    bool ipv6 = true;
    std::string publicAddress; ///< numeric: a 1:1 NAT's, which host candidates carry; empty: none
    std::string
        mediaAddress;       ///< 127.a.b.c, the one peer of the embedded relay; empty: there is none
    std::string mediaAlias; ///< by which publishers call it; the relay knows what is meant
    std::vector<std::string>
        relays; ///< turn://USER:PASSWORD@HOST:PORT?transport=udp, percent-encoded
};

/// "publish": take this publisher. Answered by exactly one Answer. With `replaces`, while a
/// publisher is there: take over from it at the first key frame, in which case it is told of by
/// Closed.
struct Publish {
    std::string session;
    std::string stream;    ///< for log lines
    std::int64_t take = 0; ///< number of the first take that this publisher makes
    std::string offer;     ///< a session description, checked by sdp::PublishOffer before
    VideoSettings video;
    AudioSettings audio;
    bool loopback = false; ///< offer 127.0.0.1 as a candidate too: the publisher is on this machine
    IceSettings ice;
    std::string replaces; ///< session of the current publisher; empty: there is none yet
};

/// "candidate": one trickled ICE candidate (RFC 8838); empty text is the end of candidates.
struct Candidate {
    std::string session;
    int mediaLine = 0;     ///< index of the m= line
    std::string candidate; ///< "candidate:…" without "a="
};

/// "unpublish": the publisher has gone. Answered by Closed.
struct Unpublish {
    std::string session;
};

/// H.264 and AAC as two RTP streams (RFC 6184, RFC 3640), RTCP on the next odd ports.
struct RtpOutput {
    std::string host;  ///< numeric unicast or multicast address
    int videoPort = 0; ///< even
    int audioPort = 0; ///< even
    int ttl = 1;       ///< of multicast packets
    std::string
        interface; ///< name of the interface multicast leaves by; empty: the system's choice
    int mtu = 1200;
};
/// One MPEG-TS over RTP (RFC 2250).
struct TsOutput {
    std::string host;
    int port = 0; ///< even
    int ttl = 1;
    std::string interface;
};
struct HlsOutput {
    std::string directory; ///< exists, is empty
    base::Milliseconds segmentDuration{2000};
};
struct Mp4Output {
    std::string path;             ///< of the .part; must not exist
    std::int64_t minimumFree = 0; ///< bytes: with less free space the recording stops
};

/// "output-add": starts when the stream's first key frame is there. Followed by OutputState
/// messages.
struct OutputAdd {
    std::string output;
    std::variant<RtpOutput, TsOutput, HlsOutput, Mp4Output> kind;
};
/// "output-remove": ends it in an orderly way; followed by OutputState stopped.
struct OutputRemove {
    std::string output;
};

/// "keyframe": make one as soon as possible.
struct KeyFrame {};
/// "stop": end the publisher, drain and close every output, exit with 0 within 5 s.
struct Stop {};

using ToPipeline =
    std::variant<Publish, Candidate, Unpublish, OutputAdd, OutputRemove, KeyFrame, Stop>;

/// One line without the newline.
std::string print(const ToPipeline& message);
/// Fails with Problem::Malformed on anything that is not exactly such a message.
base::Result<ToPipeline> readToPipeline(std::string_view line);

} // namespace control
