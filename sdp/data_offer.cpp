#include "sdp/data_offer.h"

#include "sdp/offer_parts.h"
#include "sdp/text.h"

#include <algorithm>
#include <array>

namespace sdp {

namespace {

constexpr std::size_t kMaxMid = 64;
constexpr std::string_view kChannelFormat = "webrtc-datachannel";

OfferRead<void> checkMedia(const MediaDescription& media) {
    constexpr std::array kProtocols = {"UDP/DTLS/SCTP", "TCP/DTLS/SCTP"};
    if (media.media != "application")
        return unusable(media.line, nameOf(media) + " is not taken here: offer one data channel");
    if (std::find(kProtocols.begin(), kProtocols.end(), media.protocol) == kProtocols.end() ||
        media.formats.front() != kChannelFormat)
        return unusable(media.line, "only a data channel over UDP/DTLS/SCTP is taken");
    if (media.port == 0)
        return unusable(media.line, "the data channel is switched off (port 0)");
    const Attribute* mid = media.attributes.find("mid");
    if (!mid || !isToken(mid->text()) || mid->text().size() > kMaxMid)
        return malformed(mid ? mid->line : media.line, "the data channel has no proper a=mid");
    return {};
}

bool isBundled(const SessionDescription& description, std::string_view mid) {
    return std::any_of(description.attributes.begin(), description.attributes.end(),
                       [&](const Attribute& attribute) {
                           return attribute.name == "group" &&
                                  attribute.text() == "BUNDLE " + std::string(mid);
                       });
}

} // namespace

tl::expected<DataOffer, Refusal> DataOffer::parse(std::string_view text) {
    const auto description = SessionDescription::parse(text);
    if (!description)
        return malformed(description.error().line, description.error().reason);
    if (description->media.size() != 1)
        return unusable(0, "offer one data channel and nothing else");
    const MediaDescription& media = description->media.front();
    if (auto checked = checkMedia(media); !checked)
        return tl::make_unexpected(checked.error());
    auto transport = readTransport(*description, media);
    if (!transport)
        return tl::make_unexpected(transport.error());
    if (transport->iceLite)
        return unusable(0, "an ICE-lite agent can't be answered by another");
    DataOffer offer;
    offer.mid = media.attributes.find("mid")->text();
    offer.bundled = isBundled(*description, offer.mid);
    offer.transport = *std::move(transport);
    return offer;
}

SessionDescription answerTo(const DataOffer& offer, const LiteAgent& agent) {
    const Candidate& first = agent.candidates.front();
    const bool ipv6 = addressKind(first.address) == AddressKind::Ipv6;
    SessionDescription answer;
    answer.origin.sessionId = agent.sessionId;
    answer.fields.push_back({'t', "0 0"});
    answer.attributes.add("ice-lite");
    if (offer.bundled)
        answer.attributes.add("group", "BUNDLE " + offer.mid);
    MediaDescription media;
    media.media = "application";
    media.port = first.port;
    media.protocol = "UDP/DTLS/SCTP";
    media.formats = {std::string(kChannelFormat)};
    media.fields.push_back({'c', (ipv6 ? "IN IP6 " : "IN IP4 ") + first.address});
    media.attributes.add("mid", offer.mid);
    media.attributes.add("ice-ufrag", agent.ufrag);
    media.attributes.add("ice-pwd", agent.password);
    media.attributes.add("fingerprint", "sha-256 " + agent.fingerprint);
    media.attributes.add("setup", "passive");
    media.attributes.add("sctp-port", "5000");
    media.attributes.add("max-message-size", "65536");
    for (const Candidate& candidate : agent.candidates)
        media.attributes.add("candidate", candidate.print());
    media.attributes.add("end-of-candidates");
    answer.media.push_back(std::move(media));
    return answer;
}

} // namespace sdp
