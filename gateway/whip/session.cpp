#include "gateway/whip/session.h"

#include "pipelines/base/random.h"

#include <algorithm>

namespace whip {

namespace {

/// A browser sends some twenty.
constexpr int kMostCandidates = 200;

} // namespace

std::string randomId() {
    return base::randomHex(16); // 128 bits
}

Session Session::of(const std::string& stream, const sdp::PublishOffer& offer) {
    Session session;
    session.stream = stream;
    session.entityTag = '"' + randomId() + '"';
    session.ufrag = offer.transport.ufrag;
    session.password = offer.transport.password;
    for (const sdp::OfferedTrack* track : offer.tracks()) {
        session.mediaLines[track->mid] = static_cast<int>(track->index);
    }
    return session;
}

bool matches(const std::string& ifMatch, const std::string& entityTag) {
    std::string_view rest = ifMatch;
    while (!rest.empty()) {
        const std::size_t end = std::min(rest.find(','), rest.size());
        std::string_view tag = rest.substr(0, end);
        rest.remove_prefix(std::min(end + 1, rest.size()));
        while (tag.starts_with(' ') || tag.starts_with('\t')) {
            tag.remove_prefix(1);
        }
        while (tag.ends_with(' ') || tag.ends_with('\t')) {
            tag.remove_suffix(1);
        }
        if (tag == "*" || tag == "\"*\"" || tag == entityTag) {
            return true;
        }
    }
    return false;
}

base::Result<std::vector<Trickled>> accept(Session& session, const sdp::TrickleFragment& fragment) {
    const bool named = !fragment.ufrag.empty();
    if (named && (fragment.ufrag != session.ufrag || fragment.password != session.password)) {
        return base::fail(base::Problem::Unprocessable,
                          "ICE can't be restarted here: end this session and publish anew");
    }
    std::vector<Trickled> result;
    for (const sdp::TrickledMedia& media : fragment.media) {
        const auto line = session.mediaLines.find(media.mid);
        if (line == session.mediaLines.end()) {
            continue;
        }
        for (const sdp::Candidate& candidate : media.candidates) {
            if (candidate.isUsable() && session.candidates < kMostCandidates) {
                ++session.candidates;
                result.push_back({line->second, "candidate:" + candidate.print()});
            }
        }
        if (media.endOfCandidates || fragment.endOfCandidates) {
            result.push_back({line->second, ""});
        }
    }
    return result;
}

} // namespace whip
