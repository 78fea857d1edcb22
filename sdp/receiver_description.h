#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace sdp {

using Bytes = std::vector<std::uint8_t>;

/// Where RTP goes and who says so: what both kinds of .sdp have in common.
struct ReceiverSession {
    std::uint64_t id = 0;
    std::uint64_t version = 0;         ///< counts up with every change
    std::string originAddress;         ///< IPv4 or IPv6, of the sender
    std::string name;                  ///< shown by players
    std::string destination;           ///< IPv4 or IPv6 literal: the receiver, or a multicast group
    int ttl = 1;                       ///< of IPv4 multicast
    std::optional<std::string> source; ///< multicast: only packets from this address (RFC 4570)
};

struct H264Stream {
    int port = 0; ///< even; RTCP on the next one
    int payloadType = 96;
    Bytes sps; ///< NAL units without start code
    Bytes pps;
    int bitrate = 0; ///< kbit/s, for b=AS; 0: not said
};

struct AacStream {
    int port = 0;
    int payloadType = 97;
    Bytes config; ///< AudioSpecificConfig
    int rate = 48000;
    int channels = 2;
    int bitrate = 0; ///< kbit/s
};

struct TransportStream {
    int port = 0;
    int bitrate = 0; ///< kbit/s, everything together
};

/// `stream.sdp`: H.264 and AAC as two RTP streams (RFC 6184, RFC 3640). Nothing when a parameter
/// set or an address is not one, for a player can't open that.
std::optional<std::string> describe(const ReceiverSession& session, const H264Stream& video,
                                    const AacStream& audio);

/// `ts.sdp`: one MPEG-TS stream, payload type 33 (RFC 2250).
std::optional<std::string> describe(const ReceiverSession& session, const TransportStream& stream);

/// RFC 6381 codec strings, "avc1.42c01f" from the bytes of an SPS, "mp4a.40.2" from an
/// AudioSpecificConfig; nothing when they are not one.
std::optional<std::string> avcCodec(const Bytes& sps);
std::optional<std::string> aacCodec(const Bytes& config);

} // namespace sdp
