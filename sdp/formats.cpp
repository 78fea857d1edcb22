#include "sdp/formats.h"

#include "sdp/text.h"

#include <algorithm>
#include <limits>

namespace sdp {

namespace {

constexpr int kMaxPayloadType = 127;

tl::unexpected<ParseError> failure(int line, std::string reason) {
    return tl::make_unexpected(ParseError{line, std::move(reason)});
}

Format* findFormat(std::vector<Format>& formats, std::string_view payloadType) {
    const auto number = toNumber(payloadType, kMaxPayloadType);
    const auto found = std::find_if(formats.begin(), formats.end(), [&](const Format& format) {
        return number && format.payloadType == static_cast<int>(*number);
    });
    return found == formats.end() ? nullptr : &*found;
}

Parsed<std::vector<Format>> listFormats(const MediaDescription& media) {
    std::vector<Format> formats;
    for (const std::string& text : media.formats) {
        const auto number = toNumber(text, kMaxPayloadType);
        if (!number)
            return failure(media.line, "payload type " + quoted(text) + " is not 0 to 127");
        if (findFormat(formats, text))
            return failure(media.line, "payload type " + text + " twice");
        Format format;
        format.payloadType = static_cast<int>(*number);
        formats.push_back(std::move(format));
    }
    return formats;
}

/// "96 VP8/90000", "111 opus/48000/2"
Parsed<void> readRtpmap(std::vector<Format>& formats, const Attribute& attribute) {
    std::string_view rest = attribute.text();
    const std::string_view payloadType = takeWord(rest);
    if (!toNumber(payloadType, kMaxPayloadType))
        return failure(attribute.line, "a=rtpmap: payload type is not 0 to 127");
    std::string_view encoding = takeWord(rest);
    const std::string_view name = takeWord(encoding, '/');
    const std::string_view clockRate = takeWord(encoding, '/');
    const auto rate = toNumber(clockRate, std::numeric_limits<int>::max());
    const auto channels =
        encoding.empty() ? std::optional<std::uint64_t>(1) : toNumber(encoding, 255);
    if (!isToken(name) || !rate || *rate == 0 || !channels || *channels == 0)
        return failure(attribute.line, "a=rtpmap: " + quoted(attribute.text()) +
                                           " is not a name and a clock rate above 0");
    Format* format = findFormat(formats, payloadType);
    if (!format)
        return {}; // about a payload type that the m= line doesn't have
    if (!format->name.empty())
        return failure(attribute.line, "a=rtpmap: payload type twice");
    format->name = name;
    format->clockRate = static_cast<int>(*rate);
    format->channels = static_cast<int>(*channels);
    return {};
}

/// "108 level-asymmetry-allowed=1;packetization-mode=1"
void readFmtp(std::vector<Format>& formats, std::string_view text) {
    Format* format = findFormat(formats, takeWord(text));
    if (!format)
        return;
    for (const std::string_view parameter : words(text, ';')) {
        const std::size_t equals = parameter.find('=');
        if (equals != std::string_view::npos)
            format->parameters.emplace_back(lowerCase(trimmed(parameter.substr(0, equals))),
                                            trimmed(parameter.substr(equals + 1)));
    }
}

/// "96 nack pli", "* transport-cc"
void readFeedback(std::vector<Format>& formats, std::string_view text) {
    const std::string_view payloadType = takeWord(text);
    const std::string feedback(trimmed(text));
    for (Format& format : formats)
        if (payloadType == "*" || &format == findFormat(formats, payloadType))
            format.feedback.push_back(feedback);
}

} // namespace

bool Format::is(std::string_view encodingName) const {
    return equalsIgnoringCase(name, encodingName);
}

std::string_view Format::parameter(std::string_view parameterName) const {
    for (const auto& [key, value] : parameters)
        if (key == parameterName)
            return value;
    return {};
}

Parsed<std::vector<Format>> readFormats(const MediaDescription& media) {
    auto formats = listFormats(media);
    if (!formats)
        return formats;
    for (const Attribute& attribute : media.attributes) {
        if (attribute.name == "rtpmap") {
            if (auto read = readRtpmap(*formats, attribute); !read)
                return tl::make_unexpected(read.error());
        } else if (attribute.name == "fmtp") {
            readFmtp(*formats, attribute.text());
        } else if (attribute.name == "rtcp-fb") {
            readFeedback(*formats, attribute.text());
        }
    }
    return formats;
}

bool isConstrainedBaseline(const Format& format) {
    if (!format.is("H264") || format.parameter("packetization-mode") != "1")
        return false;
    const std::string profile = lowerCase(format.parameter("profile-level-id"));
    if (profile.empty())
        return true;
    constexpr std::string_view hex = "0123456789abcdef";
    if (profile.size() != 6 || profile.find_first_not_of(hex) != std::string::npos)
        return false;
    // RFC 6184 table 5: 42 with constraint_set1_flag, 4d with constraint_set0_flag.
    const auto constraints = hex.find(profile[2]);
    const bool baseline = profile.starts_with("42") && (constraints & 4) != 0;
    const bool main = profile.starts_with("4d") && (constraints & 8) != 0;
    return (baseline || main) && profile[3] == '0';
}

std::optional<int> rtxFor(const std::vector<Format>& formats, int payloadType) {
    const std::string apt = std::to_string(payloadType);
    for (const Format& format : formats)
        if (format.is("rtx") && format.parameter("apt") == apt)
            return format.payloadType;
    return std::nullopt;
}

std::string describe(const std::vector<Format>& formats) {
    constexpr std::size_t kMaxLength = 300;
    std::vector<std::string> seen;
    std::string text;
    for (const Format& format : formats) {
        if (format.name.empty() || format.is("rtx"))
            continue;
        std::string item = format.name;
        if (format.is("H264")) {
            const std::string_view profile = format.parameter("profile-level-id");
            const std::string_view mode = format.parameter("packetization-mode");
            item += " (profile-level-id " + std::string(isToken(profile) ? profile : "not given") +
                    ", packetization-mode " + std::string(isToken(mode) ? mode : "0") + ")";
        }
        if (std::find(seen.begin(), seen.end(), item) != seen.end())
            continue;
        if (text.size() + item.size() > kMaxLength)
            return text + ", …";
        text += (text.empty() ? "" : ", ") + item;
        seen.push_back(std::move(item));
    }
    return text.empty() ? "none by name" : text;
}

} // namespace sdp
