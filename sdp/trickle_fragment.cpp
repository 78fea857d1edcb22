#include "sdp/trickle_fragment.h"

#include "sdp/session_description.h"
#include "sdp/text.h"

#include <algorithm>

namespace sdp {

namespace {

constexpr std::size_t kMaxMid = 32;

tl::unexpected<ParseError> failure(int line, std::string reason) {
    return tl::make_unexpected(ParseError{line, std::move(reason)});
}

/// Reads one fragment line by line into `result_`.
class FragmentReader {
public:
    Parsed<TrickleFragment> read(std::string_view text);

private:
    using Step = Parsed<void>;

    Step readLine(std::string_view line);
    Step readAttribute(std::string_view name, std::string_view value);
    Step readMid(std::string_view value);
    Step readCandidate(std::string_view value);
    Step readSecret(std::string& secret, std::string_view value, std::size_t minLength);

    TrickleFragment result_;
    int line_ = 0;
    bool inMedia_ = false;
    std::size_t candidates_ = 0;
};

Parsed<TrickleFragment> FragmentReader::read(std::string_view text) {
    if (text.size() > TrickleFragment::kMaxBytes)
        return failure(0, "longer than 16 KiB");
    LineReader reader(text);
    while (reader.next()) {
        line_ = reader.number();
        if (auto read = readLine(reader.line()); !read)
            return tl::make_unexpected(read.error());
    }
    if (inMedia_ && result_.media.back().mid.empty())
        return failure(line_, "m= without a=mid");
    if (result_.ufrag.empty() != result_.password.empty())
        return failure(0, "a=ice-ufrag and a=ice-pwd belong together");
    const bool ends = result_.endOfCandidates || !result_.media.empty();
    if (!ends && result_.ufrag.empty())
        return failure(0, "not a trickle ICE fragment: nothing in it");
    return std::move(result_);
}

FragmentReader::Step FragmentReader::readLine(std::string_view line) {
    if (line.empty())
        return {};
    if (line.size() < 2 || line[1] != '=')
        return failure(line_, "not a <type>=<value> line: " + quoted(line));
    const std::string_view value = line.substr(2);
    if (!isPlainText(value))
        return failure(line_, "not UTF-8 text, or control characters in it");
    if (line[0] == 'm') {
        if (inMedia_ && result_.media.back().mid.empty())
            return failure(line_, "m= without a=mid before this");
        if (result_.media.size() == SessionDescription::kMaxMedia)
            return failure(line_, "too many m= lines");
        result_.media.emplace_back();
        inMedia_ = true;
        return {};
    }
    if (line[0] != 'a')
        return {}; // RFC 8840 section 9: other lines are ignored
    const std::size_t colon = std::min(value.find(':'), value.size());
    return readAttribute(value.substr(0, colon), value.substr(std::min(colon + 1, value.size())));
}

FragmentReader::Step FragmentReader::readAttribute(std::string_view name, std::string_view value) {
    if (name == "ice-ufrag")
        return readSecret(result_.ufrag, value, 4);
    if (name == "ice-pwd")
        return readSecret(result_.password, value, 22);
    if (name == "mid")
        return readMid(value);
    if (name == "candidate")
        return readCandidate(value);
    if (name == "end-of-candidates")
        (inMedia_ ? result_.media.back().endOfCandidates : result_.endOfCandidates) = true;
    return {};
}

FragmentReader::Step FragmentReader::readMid(std::string_view value) {
    if (!inMedia_)
        return failure(line_, "a=mid before an m= line");
    TrickledMedia& current = result_.media.back();
    if (!isToken(value) || value.size() > kMaxMid || !current.mid.empty())
        return failure(line_, "bad a=mid " + quoted(value));
    const auto same = [&](const TrickledMedia& media) { return media.mid == value; };
    if (std::any_of(result_.media.begin(), result_.media.end(), same))
        return failure(line_, "a=mid " + quoted(value) + " twice");
    current.mid = value;
    return {};
}

FragmentReader::Step FragmentReader::readCandidate(std::string_view value) {
    if (!inMedia_)
        return failure(line_, "a=candidate before an m= line");
    if (++candidates_ > TrickleFragment::kMaxCandidates)
        return failure(line_, "too many candidates");
    auto candidate = Candidate::parse(value);
    if (!candidate)
        return failure(line_, candidate.error());
    result_.media.back().candidates.push_back(*std::move(candidate));
    return {};
}

/// At the start or in each m= line, RFC 8840 section 9; one session has one transport here.
FragmentReader::Step FragmentReader::readSecret(std::string& secret, std::string_view value,
                                                std::size_t minLength) {
    if (!isIceText(value) || value.size() < minLength || value.size() > 256)
        return failure(line_, "bad a=ice-ufrag or a=ice-pwd");
    if (!secret.empty() && secret != value)
        return failure(line_, "two different a=ice-ufrag or a=ice-pwd");
    secret = value;
    return {};
}

} // namespace

Parsed<TrickleFragment> TrickleFragment::parse(std::string_view text) {
    return FragmentReader().read(text);
}

} // namespace sdp
