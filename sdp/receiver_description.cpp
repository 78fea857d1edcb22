#include "sdp/receiver_description.h"

#include "pipelines/base/hex.h"
#include "sdp/candidate.h"
#include "sdp/session_description.h"
#include "sdp/text.h"

#include <string_view>

namespace sdp {

namespace {

constexpr std::size_t kMaxName = 200;
constexpr int kMpegTsPayloadType = 33; // RFC 3551 table 5

std::string base64(const Bytes& bytes) {
    constexpr std::string_view alphabet =
        "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    std::string text;
    for (std::size_t i = 0; i < bytes.size(); i += 3) {
        unsigned group = 0;
        for (std::size_t j = i; j < i + 3; ++j)
            group = group << 8 | (j < bytes.size() ? bytes[j] : 0u);
        for (int shift = 18; shift >= 0; shift -= 6)
            text += alphabet[group >> shift & 63];
    }
    const std::size_t padding = (3 - bytes.size() % 3) % 3;
    return text.replace(text.size() - padding, padding, padding, '=');
}

/// The shortest SPS has profile, constraints and level after its header; a PPS is shorter.
bool isSps(const Bytes& bytes) {
    return bytes.size() >= 4 && (bytes[0] & 0x1f) == 7;
}

bool isPps(const Bytes& bytes) {
    return bytes.size() >= 2 && (bytes[0] & 0x1f) == 8;
}

bool isRtpPort(int port) {
    return port > 0 && port < 65535 && port % 2 == 0;
}

std::string network(std::string_view address) {
    return addressKind(address) == AddressKind::Ipv4 ? "IN IP4 " : "IN IP6 ";
}

bool isComplete(const ReceiverSession& session) {
    const auto isAddress = [](std::string_view text) {
        return addressKind(text) != AddressKind::NotAnAddress;
    };
    return isAddress(session.originAddress) && isAddress(session.destination) &&
           (!session.source || isAddress(*session.source));
}

std::string nameOf(const ReceiverSession& session) {
    const std::string_view name = trimmed(session.name);
    return name.empty() || name.size() > kMaxName || !isPlainText(name) ? "Spillway"
                                                                        : std::string(name);
}

void addBitrate(std::vector<Field>& fields, int bitrate) {
    if (bitrate > 0)
        fields.push_back({'b', "AS:" + std::to_string(bitrate)});
}

SessionDescription start(const ReceiverSession& session) {
    SessionDescription result;
    result.origin.sessionId = std::to_string(session.id);
    result.origin.sessionVersion = std::to_string(session.version);
    result.origin.addressType =
        addressKind(session.originAddress) == AddressKind::Ipv4 ? "IP4" : "IP6";
    result.origin.address = session.originAddress;
    result.name = nameOf(session);
    std::string connection = network(session.destination) + session.destination;
    const bool isGroup = isMulticast(session.destination);
    if (isGroup && addressKind(session.destination) == AddressKind::Ipv4)
        connection += '/' + std::to_string(session.ttl);
    result.fields = {{'c', connection}, {'t', "0 0"}};
    if (isGroup && session.source)
        result.attributes.add("source-filter", " incl " + network(session.destination) +
                                                   session.destination + ' ' + *session.source);
    return result;
}

MediaDescription rtp(const char* media, int port, int payloadType, int bitrate) {
    MediaDescription result;
    result.media = media;
    result.port = port;
    result.protocol = "RTP/AVP";
    result.formats = {std::to_string(payloadType)};
    addBitrate(result.fields, bitrate);
    return result;
}

void addFormat(MediaDescription& media, const std::string& encoding, const std::string& fmtp) {
    const std::string start = media.formats.front() + ' ';
    media.attributes.add("rtpmap", start + encoding);
    if (!fmtp.empty())
        media.attributes.add("fmtp", start + fmtp);
    media.attributes.add("recvonly");
}

} // namespace

std::optional<std::string> describe(const ReceiverSession& session, const H264Stream& video,
                                    const AacStream& audio) {
    if (!isComplete(session) || !isRtpPort(video.port) || !isRtpPort(audio.port) ||
        !isSps(video.sps) || !isPps(video.pps) || audio.config.size() < 2)
        return std::nullopt;
    SessionDescription result = start(session);
    auto picture = rtp("video", video.port, video.payloadType, video.bitrate);
    addFormat(picture, "H264/90000",
              "packetization-mode=1;profile-level-id=" + base::hex(video.sps.data() + 1, 3) +
                  ";sprop-parameter-sets=" + base64(video.sps) + ',' + base64(video.pps));
    auto sound = rtp("audio", audio.port, audio.payloadType, audio.bitrate);
    addFormat(sound,
              "MPEG4-GENERIC/" + std::to_string(audio.rate) + '/' + std::to_string(audio.channels),
              "streamtype=5;profile-level-id=1;mode=AAC-hbr;sizelength=13;indexlength=3;"
              "indexdeltalength=3;config=" +
                  base::hex(audio.config.data(), audio.config.size()));
    result.media = {picture, sound};
    return result.print();
}

std::optional<std::string> describe(const ReceiverSession& session, const TransportStream& stream) {
    if (!isComplete(session) || !isRtpPort(stream.port))
        return std::nullopt;
    SessionDescription result = start(session);
    auto media = rtp("video", stream.port, kMpegTsPayloadType, stream.bitrate);
    addFormat(media, "MP2T/90000", "");
    result.media = {media};
    return result.print();
}

std::optional<std::string> avcCodec(const Bytes& sps) {
    if (!isSps(sps))
        return std::nullopt;
    return "avc1." + base::hex(sps.data() + 1, 3);
}

/// ISO 14496-3 section 1.6.2.1: the object type is the first five bits, 31 says six more follow.
std::optional<std::string> aacCodec(const Bytes& config) {
    if (config.size() < 2)
        return std::nullopt;
    int objectType = config[0] >> 3;
    if (objectType == 31)
        objectType = 32 + ((config[0] & 7) << 3 | config[1] >> 5);
    return objectType > 0 ? std::optional("mp4a.40." + std::to_string(objectType)) : std::nullopt;
}

} // namespace sdp
