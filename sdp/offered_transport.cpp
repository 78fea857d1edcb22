#include "sdp/offer_parts.h"
#include "sdp/text.h"

#include <algorithm>

namespace sdp {

namespace {

/// The SHA-256 one of the fingerprints (RFC 8122 section 5), nothing when there is none.
OfferRead<std::string> readFingerprint(const Attributes& attributes) {
    constexpr std::size_t length = 32 * 3 - 1;
    for (const Attribute& attribute : attributes) {
        std::string_view rest = attribute.text();
        if (attribute.name != "fingerprint" || !equalsIgnoringCase(takeWord(rest), "sha-256"))
            continue;
        std::string text(trimmed(rest));
        std::transform(text.begin(), text.end(), text.begin(),
                       [](char c) { return c >= 'a' && c <= 'f' ? static_cast<char>(c - 32) : c; });
        bool good = text.size() == length;
        for (std::size_t i = 0; good && i < length; ++i)
            good = i % 3 == 2 ? text[i] == ':'
                              : std::string_view("0123456789ABCDEF").find(text[i]) !=
                                    std::string_view::npos;
        if (!good)
            return malformed(attribute.line, "a=fingerprint is not a SHA-256 one");
        return text;
    }
    return std::string();
}

OfferRead<void> readCredentials(const SessionDescription& description,
                                const MediaDescription& media, OfferedTransport& transport) {
    const auto find = [&](const char* name) { return findAttribute(description, media, name); };
    for (const char* name : {"ice-ufrag", "ice-pwd", "fingerprint", "setup"})
        if (!find(name))
            return malformed(media.line, nameOf(media) + " has no a=" + name);
    const Attribute& ufrag = *find("ice-ufrag");
    const Attribute& password = *find("ice-pwd");
    const Attribute& setup = *find("setup");
    if (!isIceText(ufrag.text()) || ufrag.text().size() < 4 || ufrag.text().size() > 256)
        return malformed(ufrag.line, "a=ice-ufrag is not 4 to 256 letters, digits, + or /");
    if (!isIceText(password.text()) || password.text().size() < 22 || password.text().size() > 256)
        return malformed(password.line, "a=ice-pwd is not 22 to 256 letters, digits, + or /");
    if (setup.text() == "passive" || setup.text() == "holdconn")
        return unusable(setup.line, "a=setup must be actpass or active");
    if (setup.text() != "actpass" && setup.text() != "active")
        return malformed(setup.line, "bad a=setup " + quoted(setup.text()));
    transport.ufrag = ufrag.text();
    transport.password = password.text();
    transport.active = setup.text() == "active";
    transport.iceLite = description.attributes.has("ice-lite");
    return {};
}

OfferRead<void> readCandidates(const MediaDescription& media, OfferedTransport& transport) {
    for (const Attribute& attribute : media.attributes) {
        if (attribute.name != "candidate")
            continue;
        auto candidate = Candidate::parse(attribute.text());
        if (!candidate)
            return malformed(attribute.line, candidate.error());
        if (!candidate->isUsable())
            continue;
        if (transport.candidates.size() == PublishOffer::kMaxCandidates)
            return malformed(attribute.line, "more than 32 candidates");
        transport.candidates.push_back(*std::move(candidate));
    }
    return {};
}

} // namespace

tl::unexpected<Refusal> malformed(int line, std::string reason) {
    return tl::make_unexpected(Refusal{Refusal::Kind::Malformed, line, std::move(reason)});
}

tl::unexpected<Refusal> unusable(int line, std::string reason) {
    return tl::make_unexpected(Refusal{Refusal::Kind::Unusable, line, std::move(reason)});
}

const Attribute* findAttribute(const SessionDescription& description, const MediaDescription& media,
                               std::string_view name) {
    const Attribute* own = media.attributes.find(name);
    return own ? own : description.attributes.find(name);
}

std::string nameOf(const MediaDescription& media) {
    return "m=" + (media.media.size() < 20 ? media.media : std::string("…"));
}

OfferRead<OfferedTransport> readTransport(const SessionDescription& description,
                                          const MediaDescription& media) {
    OfferedTransport transport;
    if (auto read = readCredentials(description, media, transport); !read)
        return tl::make_unexpected(read.error());
    const bool own = media.attributes.has("fingerprint");
    auto fingerprint = readFingerprint(own ? media.attributes : description.attributes);
    if (!fingerprint)
        return tl::make_unexpected(fingerprint.error());
    if (fingerprint->empty())
        return unusable(findAttribute(description, media, "fingerprint")->line,
                        "no SHA-256 a=fingerprint");
    transport.fingerprint = *std::move(fingerprint);
    if (auto read = readCandidates(media, transport); !read)
        return tl::make_unexpected(read.error());
    return transport;
}

} // namespace sdp
