#include "sdp/formats.h"
#include "sdp/offer_parts.h"
#include "sdp/text.h"

#include <algorithm>
#include <array>
#include <limits>

namespace sdp {

namespace {

constexpr std::size_t kMaxSources = 16; // a=ssrc and a=ssrc-group lines that are passed on

std::optional<Codec> codecOf(const Format& format, MediaKind kind) {
    if (kind == MediaKind::Audio)
        return format.is("opus") && format.clockRate == 48000 && format.channels == 2
                   ? std::optional(Codec::Opus)
                   : std::nullopt;
    if (format.clockRate != 90000)
        return std::nullopt;
    if (format.is("VP8"))
        return Codec::Vp8;
    return isConstrainedBaseline(format) ? std::optional(Codec::H264) : std::nullopt;
}

/// What a sender says about what it sends. Its wishes as a receiver (stereo, max-fs) and its
/// parameter sets stay behind: nothing is sent to it, and parameter sets come with the media.
std::string fmtpOf(const Format& format, Codec codec) {
    constexpr std::array h264 = {"level-asymmetry-allowed", "packetization-mode",
                                 "profile-level-id"};
    constexpr std::array opus = {"minptime", "useinbandfec"};
    std::string text;
    const auto keep = [&](const char* name) {
        const std::string_view value = format.parameter(name);
        if (isToken(value) && value.size() <= 16)
            text += (text.empty() ? "" : ";") + std::string(name) + '=' + std::string(value);
    };
    if (codec == Codec::H264)
        std::for_each(h264.begin(), h264.end(), keep);
    if (codec == Codec::Opus)
        std::for_each(opus.begin(), opus.end(), keep);
    return text;
}

/// Only what webrtcbin does: it has no REMB.
std::vector<std::string> feedbackOf(const Format& format, bool hasTransportCc) {
    std::vector<std::string> result;
    for (const char* known : {"nack", "nack pli", "ccm fir", "transport-cc"}) {
        const auto& offered = format.feedback;
        const bool isOffered = std::find(offered.begin(), offered.end(), known) != offered.end();
        if (isOffered && (hasTransportCc || known != std::string_view("transport-cc")))
            result.emplace_back(known);
    }
    return result;
}

/// a=extmap:<id>[/<direction>] <uri>, RFC 8285 section 5.
OfferRead<void> readExtensions(const MediaDescription& media, OfferedTrack& track) {
    std::array<std::string_view, 256> uris;
    for (const Attribute& attribute : media.attributes) {
        if (attribute.name != "extmap")
            continue;
        std::string_view rest = attribute.text();
        std::string_view direction = takeWord(rest);
        const auto id = toNumber(takeWord(direction, '/'), 4351);
        const std::string_view uri = takeWord(rest);
        if (!id || *id == 0 || uri.empty())
            return malformed(attribute.line, "bad a=extmap " + quoted(attribute.text()));
        if (*id > 255 || direction == "recvonly" || direction == "inactive")
            continue;
        if (!uris[*id].empty() && uris[*id] != uri)
            return malformed(attribute.line, "a=extmap: id " + std::to_string(*id) + " twice");
        uris[*id] = uri;
        if (uri == kTransportCcUri)
            track.transportCcId = static_cast<int>(*id);
        if (uri == kMidUri)
            track.midId = static_cast<int>(*id);
    }
    return {};
}

void readSources(const MediaDescription& media, OfferedTrack& track) {
    constexpr auto kMaxSsrc = std::numeric_limits<std::uint32_t>::max();
    for (const Attribute& attribute : media.attributes) {
        std::string_view rest = attribute.text();
        const std::string_view first = takeWord(rest);
        const auto ssrcs = words(rest);
        const bool isSource = attribute.name == "ssrc" && toNumber(first, kMaxSsrc) &&
                              rest.starts_with("cname:") && rest.size() <= 128;
        const bool isGroup = attribute.name == "ssrc-group" && first == "FID" &&
                             ssrcs.size() == 2 && toNumber(ssrcs[0], kMaxSsrc) &&
                             toNumber(ssrcs[1], kMaxSsrc);
        if ((isSource || isGroup) && track.sources.size() < kMaxSources)
            track.sources.emplace_back(attribute.name, attribute.text());
    }
}

void takeFormat(OfferedTrack& track, const std::vector<Format>& formats, const Format& format,
                Codec codec) {
    track.codec = codec;
    track.payloadType = format.payloadType;
    track.clockRate = format.clockRate;
    track.channels = codec == Codec::Opus ? format.channels : 0;
    track.fmtp = fmtpOf(format, codec);
    track.feedback = feedbackOf(format, track.transportCcId.has_value());
    track.rtxPayloadType = rtxFor(formats, format.payloadType);
}

} // namespace

OfferRead<OfferedTrack> readTrack(const MediaDescription& media, std::size_t index) {
    OfferedTrack track;
    track.index = index;
    track.kind = media.media == "video" ? MediaKind::Video : MediaKind::Audio;
    track.mid = media.attributes.find("mid")->text();
    track.protocol = media.protocol;
    track.rtcpRsize = media.attributes.has("rtcp-rsize");
    track.rtcpMuxOnly = media.attributes.has("rtcp-mux-only");
    const auto formats = readFormats(media);
    if (!formats)
        return malformed(formats.error().line, formats.error().reason);
    if (auto read = readExtensions(media, track); !read)
        return tl::make_unexpected(read.error());
    readSources(media, track);
    for (const Format& format : *formats) {
        if (const auto codec = codecOf(format, track.kind)) {
            takeFormat(track, *formats, format, *codec);
            return track;
        }
    }
    const char* accepted = track.kind == MediaKind::Video
                               ? "VP8, H264 (constrained baseline such as profile-level-id 42e01f, "
                                 "packetization-mode 1)"
                               : "opus/48000/2";
    return unusable(media.line, "no " + media.media + " codec in common: offered " +
                                    describe(*formats) + "; accepted " + accepted);
}

} // namespace sdp
