#include "sdp/publish_offer.h"

#include "sdp/offer_parts.h"
#include "sdp/text.h"

#include <algorithm>
#include <array>

namespace sdp {

namespace {

constexpr std::size_t kMaxMid = 32;

/// Reads one offer, from the whole to its parts.
class OfferReader {
public:
    explicit OfferReader(const SessionDescription& description) : description_(description) {}

    OfferRead<PublishOffer> read();

private:
    bool isBundleOnly(const MediaDescription& media) const;

    OfferRead<void> readMedia(std::size_t index, PublishOffer& offer) const;
    OfferRead<void> checkMids() const;
    OfferRead<std::vector<std::string>> readBundle() const;
    OfferRead<void> checkKinds() const;
    OfferRead<void> checkStreams() const;
    OfferRead<void> checkDirection(const MediaDescription& media) const;
    OfferRead<void> checkTransport(const MediaDescription& media, bool isTagged) const;

    const SessionDescription& description_;
};

std::string_view midOf(const MediaDescription& media) {
    const Attribute* mid = media.attributes.find("mid");
    return mid ? std::string_view(mid->text()) : std::string_view();
}

OfferRead<PublishOffer> OfferReader::read() {
    PublishOffer offer;
    offer.origin = description_.origin;
    auto checked = checkMids();
    if (!checked)
        return tl::make_unexpected(checked.error());
    auto bundle = readBundle();
    if (!bundle)
        return tl::make_unexpected(bundle.error());
    offer.bundle = *std::move(bundle);
    if (checked = checkKinds(); !checked)
        return tl::make_unexpected(checked.error());

    bool hasVideo = false;
    for (std::size_t i = 0; i < description_.media.size(); ++i) {
        if (checked = readMedia(i, offer); !checked)
            return tl::make_unexpected(checked.error());
        hasVideo = hasVideo || description_.media[i].media == "video";
    }
    if (checked = checkStreams(); !checked)
        return tl::make_unexpected(checked.error());
    if (!hasVideo)
        return unusable(0, "no video offered: a broadcast needs one video track "
                           "(VP8 or H264 constrained baseline)");
    if (offer.audio && (offer.audio->payloadType == offer.video.payloadType ||
                        offer.audio->payloadType == offer.video.rtxPayloadType))
        return malformed(0, "one payload type for two formats of a BUNDLE group");
    return offer;
}

OfferRead<void> OfferReader::readMedia(std::size_t index, PublishOffer& offer) const {
    const MediaDescription& media = description_.media[index];
    const bool isTagged = offer.bundle.empty() || midOf(media) == offer.bundle.front();
    if (auto checked = checkTransport(media, isTagged); !checked)
        return checked;
    auto track = readTrack(media, index);
    if (!track)
        return tl::make_unexpected(track.error());
    if (!isBundleOnly(media)) {
        auto transport = readTransport(description_, media);
        if (!transport)
            return tl::make_unexpected(transport.error());
        if (isTagged)
            offer.transport = *std::move(transport);
    }
    if (track->kind == MediaKind::Video)
        offer.video = *std::move(track);
    else
        offer.audio = *std::move(track);
    return {};
}

/// RFC 9143 section 6: port 0, and the transport is that of the group.
bool OfferReader::isBundleOnly(const MediaDescription& media) const {
    return media.port == 0 && media.attributes.has("bundle-only");
}

OfferRead<void> OfferReader::checkMids() const {
    std::vector<std::string_view> seen;
    for (const MediaDescription& media : description_.media) {
        const Attribute* mid = media.attributes.find("mid");
        if (!mid)
            return malformed(media.line, nameOf(media) + " has no a=mid");
        if (!isToken(mid->text()) || mid->text().size() > kMaxMid)
            return malformed(mid->line, "bad a=mid " + quoted(mid->text()));
        if (std::find(seen.begin(), seen.end(), mid->text()) != seen.end())
            return malformed(mid->line, "a=mid " + quoted(mid->text()) + " twice");
        seen.push_back(mid->text());
    }
    return {};
}

OfferRead<std::vector<std::string>> OfferReader::readBundle() const {
    std::vector<std::string> mids;
    for (const Attribute& attribute : description_.attributes) {
        std::string_view rest = attribute.text();
        if (attribute.name != "group" || takeWord(rest) != "BUNDLE")
            continue;
        if (!mids.empty())
            return malformed(attribute.line, "more than one BUNDLE group");
        for (const std::string_view mid : words(rest)) {
            const auto& media = description_.media;
            if (std::none_of(media.begin(), media.end(),
                             [&](const MediaDescription& m) { return midOf(m) == mid; }))
                return malformed(attribute.line, "BUNDLE names unknown mid " + quoted(mid));
            if (std::find(mids.begin(), mids.end(), mid) != mids.end())
                return malformed(attribute.line, "BUNDLE names mid " + quoted(mid) + " twice");
            mids.emplace_back(mid);
        }
    }
    if (mids.size() < description_.media.size() && (!mids.empty() || description_.media.size() > 1))
        return unusable(0, "all m= lines must be in one BUNDLE group (RFC 9725 section 4.4.1)");
    return mids;
}

OfferRead<void> OfferReader::checkKinds() const {
    int audio = 0;
    int video = 0;
    for (const MediaDescription& media : description_.media) {
        if (media.media == "application")
            return unusable(media.line, "data channels are not taken: offer audio and video only");
        if (media.media != "audio" && media.media != "video")
            return unusable(media.line, nameOf(media) + " is not taken: only audio and video are");
        if (++(media.media == "audio" ? audio : video) > 1)
            return unusable(media.line, "more than one " + media.media +
                                            " track: a broadcast has one video and one audio");
    }
    return {};
}

/// RFC 9725 section 4.4.2: all tracks of a session belong to one MediaStream.
OfferRead<void> OfferReader::checkStreams() const {
    std::string_view stream;
    for (const MediaDescription& media : description_.media) {
        for (const Attribute& attribute : media.attributes) {
            std::string_view rest = attribute.text();
            const std::string_view id = takeWord(rest);
            if (attribute.name != "msid" || id == "-")
                continue;
            if (!stream.empty() && id != stream)
                return unusable(attribute.line, "tracks of more than one MediaStream");
            stream = id;
        }
    }
    return {};
}

OfferRead<void> OfferReader::checkDirection(const MediaDescription& media) const {
    constexpr std::array kDirections = {"sendrecv", "sendonly", "recvonly", "inactive"};
    const auto directionIn = [&](const Attributes& attributes) -> const Attribute* {
        for (const Attribute& attribute : attributes)
            if (std::find(kDirections.begin(), kDirections.end(), attribute.name) !=
                kDirections.end())
                return &attribute;
        return nullptr;
    };
    const Attribute* direction = directionIn(media.attributes);
    if (!direction)
        direction = directionIn(description_.attributes);
    if (direction && (direction->name == "recvonly" || direction->name == "inactive"))
        return unusable(direction->line, nameOf(media) + " is " + direction->name +
                                             ": a publisher offers sendonly or sendrecv");
    return {};
}

OfferRead<void> OfferReader::checkTransport(const MediaDescription& media, bool isTagged) const {
    constexpr std::array kProtocols = {"UDP/TLS/RTP/SAVPF", "TCP/DTLS/RTP/SAVPF", "RTP/SAVPF"};
    if (std::find(kProtocols.begin(), kProtocols.end(), media.protocol) == kProtocols.end())
        return unusable(media.line, nameOf(media) + " uses " + quoted(media.protocol) +
                                        ": only UDP/TLS/RTP/SAVPF (WebRTC) is taken");
    if (auto direction = checkDirection(media); !direction)
        return direction;
    if (isBundleOnly(media) && !isTagged)
        return {}; // has none of the following, RFC 9143 section 7.1.3
    if (media.port == 0)
        return unusable(media.line, nameOf(media) + " is switched off (port 0)");
    if (!media.attributes.has("rtcp-mux"))
        return unusable(media.line, nameOf(media) + " has no a=rtcp-mux: RTP and RTCP must share "
                                                    "one port");
    return {};
}

} // namespace

const char* encodingName(Codec codec) {
    switch (codec) {
    case Codec::Vp8:
        return "VP8";
    case Codec::H264:
        return "H264";
    case Codec::Opus:
        return "OPUS";
    }
    return "";
}

tl::expected<PublishOffer, Refusal> PublishOffer::parse(std::string_view text) {
    const auto description = SessionDescription::parse(text);
    if (!description)
        return malformed(description.error().line, description.error().reason);
    return read(*description);
}

tl::expected<PublishOffer, Refusal> PublishOffer::read(const SessionDescription& description) {
    return OfferReader(description).read();
}

std::vector<const OfferedTrack*> PublishOffer::tracks() const {
    if (!audio)
        return {&video};
    if (audio->index < video.index)
        return {&*audio, &video};
    return {&video, &*audio};
}

} // namespace sdp
