#include "sdp/negotiation.h"

#include "pipelines/base/ip_address.h"
#include "sdp/text.h"

#include <algorithm>
#include <array>

namespace sdp {

namespace {

template <std::size_t size>
bool isOneOf(const std::array<std::string_view, size>& names, std::string_view name) {
    return std::find(names.begin(), names.end(), name) != names.end();
}

std::string joined(std::string text, const std::vector<std::string>& words) {
    for (const std::string& word : words)
        text += ' ' + word;
    return text;
}

std::string extension(int id, std::string_view uri) {
    return std::to_string(id) + ' ' + std::string(uri);
}

void addFormat(MediaDescription& media, const OfferedTrack& track) {
    const std::string payloadType = std::to_string(track.payloadType);
    std::string encoding =
        std::string(encodingName(track.codec)) + '/' + std::to_string(track.clockRate);
    if (track.channels > 0)
        encoding += '/' + std::to_string(track.channels);
    media.formats.push_back(payloadType);
    media.attributes.add("rtpmap", payloadType + ' ' + encoding);
    for (const std::string& feedback : track.feedback)
        media.attributes.add("rtcp-fb", payloadType + ' ' + feedback);
    if (!track.fmtp.empty())
        media.attributes.add("fmtp", payloadType + ' ' + track.fmtp);
    if (!track.rtxPayloadType)
        return;
    const std::string rtx = std::to_string(*track.rtxPayloadType);
    media.formats.push_back(rtx);
    media.attributes.add("rtpmap", rtx + " rtx/" + std::to_string(track.clockRate));
    media.attributes.add("fmtp", rtx + " apt=" + payloadType);
}

void addTransport(Attributes& attributes, const OfferedTransport& transport) {
    attributes.add("ice-ufrag", transport.ufrag);
    attributes.add("ice-pwd", transport.password);
    attributes.add("ice-options", "trickle");
    attributes.add("fingerprint", "sha-256 " + transport.fingerprint);
    attributes.add("setup", "active");
}

MediaDescription mediaForPeer(const PublishOffer& offer, const OfferedTrack& track) {
    MediaDescription media;
    media.media = track.kind == MediaKind::Video ? "video" : "audio";
    media.protocol = "UDP/TLS/RTP/SAVPF";
    media.fields.push_back({'c', "IN IP4 0.0.0.0"});
    addTransport(media.attributes, offer.transport);
    media.attributes.add("mid", track.mid);
    media.attributes.add("sendonly");
    media.attributes.add("rtcp-mux");
    if (track.rtcpRsize)
        media.attributes.add("rtcp-rsize");
    if (track.transportCcId)
        media.attributes.add("extmap", extension(*track.transportCcId, kTransportCcUri));
    if (track.midId)
        media.attributes.add("extmap", extension(*track.midId, kMidUri));
    addFormat(media, track);
    for (const auto& [name, value] : track.sources)
        media.attributes.add(name, value);
    if (offer.bundle.empty() || offer.bundle.front() == track.mid)
        for (const Candidate& candidate : offer.transport.candidates)
            media.attributes.add("candidate", candidate.print());
    return media;
}

/// A candidate as the publisher should see it, perhaps twice.
std::vector<Candidate> presented(Candidate candidate, const AnswerOptions& options) {
    constexpr std::uint32_t least = 255; // of component 1, RFC 8445 section 5.1.2.1
    std::vector<Candidate> result;
    if (candidate.type == "host" && candidate.address == options.lastAddress) {
        candidate.priority = least;
        if (options.loopback && !options.lastAlias.empty())
            result.push_back(candidate);
        if (!options.lastAlias.empty())
            candidate.address = options.lastAlias;
    } else if (candidate.type == "host" && !base::isLoopback(candidate.address) &&
               addressKind(candidate.address) == addressKind(options.publicAddress)) {
        candidate.address = options.publicAddress;
    }
    result.push_back(std::move(candidate));
    return result;
}

/// The answer's UDP candidates that a publisher elsewhere can try, each once.
std::vector<std::string> candidatesOf(const SessionDescription& answer,
                                      const AnswerOptions& options) {
    std::vector<std::string> result;
    for (const MediaDescription& media : answer.media) {
        for (const Attribute& attribute : media.attributes) {
            if (attribute.name != "candidate")
                continue;
            const auto candidate = Candidate::parse(attribute.text());
            if (!candidate || !candidate->isUsable())
                continue;
            for (const Candidate& each : presented(*candidate, options)) {
                std::string text = each.print();
                if (std::find(result.begin(), result.end(), text) == result.end())
                    result.push_back(std::move(text));
            }
        }
    }
    return result;
}

/// The format parameters of the answer: those of the offer (webrtcbin loses profile-level-id) and
/// what we ask the sender for. Empty when there is nothing to say.
std::string answeredFmtp(const OfferedTrack& track, const AnswerOptions& options) {
    std::string text = track.fmtp;
    const auto add = [&](const std::string& parameter) {
        text += (text.empty() ? "" : ";") + parameter;
    };
    if (track.kind == MediaKind::Video && options.startBitrate > 0)
        add("x-google-start-bitrate=" + std::to_string(options.startBitrate));
    if (track.codec == Codec::Opus) // without it browsers send mono, RFC 7587 section 6.1
        add("stereo=1");
    return text;
}

/// "" when webrtcbin took the track, else what is wrong with its answer.
std::string fault(const MediaDescription& media, const OfferedTrack& track) {
    const auto is = [&](std::string_view name, std::string_view value) {
        const Attribute* attribute = media.attributes.find(name);
        return attribute && attribute->text() == value;
    };
    if (media.port == 0 || media.attributes.has("inactive"))
        return "not taken";
    if (!is("mid", track.mid))
        return "another mid";
    if (!is("setup", "passive"))
        return "not passive";
    const std::string payloadType = std::to_string(track.payloadType);
    const auto& formats = media.formats;
    return std::find(formats.begin(), formats.end(), payloadType) == formats.end()
               ? "another payload type"
               : "";
}

MediaDescription finishMedia(const MediaDescription& answer, const OfferedTrack& track,
                             const AnswerOptions& options) {
    constexpr std::array<std::string_view, 9> kept = {"ice-ufrag", "ice-pwd", "fingerprint",
                                                      "setup",     "mid",     "rtpmap",
                                                      "rtcp-fb",   "fmtp",    "extmap"};
    MediaDescription media = answer;
    media.attributes.clear();
    media.protocol = track.protocol;
    const std::string start = std::to_string(track.payloadType) + ' ';
    for (const Attribute& attribute : answer.attributes)
        if (isOneOf(kept, attribute.name) &&
            (attribute.name != "fmtp" || !attribute.text().starts_with(start)))
            media.attributes.push_back(attribute);
    if (const std::string fmtp = answeredFmtp(track, options); !fmtp.empty())
        media.attributes.add("fmtp", start + fmtp);
    media.attributes.add("recvonly");
    media.attributes.add("rtcp-mux");
    if (track.rtcpMuxOnly) // RFC 9725 section 4.4.1, although RFC 8858 has it in offers only
        media.attributes.add("rtcp-mux-only");
    if (track.rtcpRsize)
        media.attributes.add("rtcp-rsize");
    return media;
}

} // namespace

SessionDescription offerForPeer(const PublishOffer& offer) {
    SessionDescription result;
    result.origin = offer.origin;
    result.fields.push_back({'t', "0 0"});
    if (!offer.bundle.empty())
        result.attributes.add("group", joined("BUNDLE", offer.bundle));
    if (offer.transport.iceLite)
        result.attributes.add("ice-lite");
    for (const OfferedTrack* track : offer.tracks())
        result.media.push_back(mediaForPeer(offer, *track));
    return result;
}

Parsed<SessionDescription> finishAnswer(const SessionDescription& answer, const PublishOffer& offer,
                                        const AnswerOptions& options) {
    constexpr std::array<std::string_view, 2> kept = {"fingerprint", "setup"};
    const auto tracks = offer.tracks();
    if (answer.media.size() != tracks.size())
        return tl::make_unexpected(ParseError{0, "the answer has another number of m= lines"});
    SessionDescription result;
    result.origin = answer.origin;
    result.name = answer.name;
    result.fields = answer.fields;
    if (!offer.bundle.empty())
        result.attributes.add("group", joined("BUNDLE", offer.bundle));
    result.attributes.add("ice-options", "trickle"); // PATCH takes candidates, RFC 8838 section 4
    for (const Attribute& attribute : answer.attributes)
        if (isOneOf(kept, attribute.name))
            result.attributes.push_back(attribute);
    for (const OfferedTrack* track : tracks) {
        const MediaDescription& media = answer.media[track->index];
        if (const std::string reason = fault(media, *track); !reason.empty())
            return tl::make_unexpected(
                ParseError{media.line, "m=" + media.media + " of the answer: " + reason});
        result.media.push_back(finishMedia(media, *track, options));
        if (!offer.bundle.empty() && offer.bundle.front() != track->mid)
            continue;
        for (std::string& candidate : candidatesOf(answer, options))
            result.media.back().attributes.add("candidate", std::move(candidate));
        result.media.back().attributes.add("end-of-candidates");
    }
    return result;
}

bool hasCandidates(const SessionDescription& answer) {
    return std::any_of(answer.media.begin(), answer.media.end(), [](const MediaDescription& media) {
        return media.attributes.has("candidate");
    });
}

} // namespace sdp
