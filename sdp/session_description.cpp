#include "sdp/session_description.h"

#include "sdp/text.h"

#include <algorithm>
#include <cstdint>
#include <limits>

namespace sdp {

namespace {

constexpr std::string_view kSessionOrder = "iuepcbtrzk"; // RFC 8866 section 5
constexpr std::string_view kMediaOrder = "icbk";

tl::unexpected<ParseError> failure(int line, std::string reason) {
    return tl::make_unexpected(ParseError{line, std::move(reason)});
}

/// Reads one description line by line into `result_`.
class Reader {
public:
    Parsed<SessionDescription> read(std::string_view text);

private:
    using Step = Parsed<void>;

    Step readLine(std::string_view line);
    Step readHead(char type, std::string_view value);
    Step readOrigin(std::string_view value);
    Step readMedia(std::string_view value);
    Step readAttribute(std::string_view value);
    Step readField(char type, std::string_view value);

    SessionDescription result_;
    int line_ = 0;
    bool hasTime_ = false;
};

Parsed<SessionDescription> Reader::read(std::string_view text) {
    if (text.size() > SessionDescription::kMaxBytes)
        return failure(0, "longer than 64 KiB");
    const std::size_t end = text.find_last_not_of("\r\n"); // forgive empty lines at the end
    LineReader reader(text.substr(0, end == std::string_view::npos ? 0 : end + 1));
    while (reader.next()) {
        line_ = reader.number();
        if (line_ > SessionDescription::kMaxLines)
            return failure(line_, "too many lines");
        if (auto read = readLine(reader.line()); !read)
            return tl::make_unexpected(read.error());
    }
    if (line_ < 3)
        return failure(0, "not a session description: it begins with v=, o= and s= lines");
    if (!hasTime_)
        return failure(0, "no t= line");
    return std::move(result_);
}

Reader::Step Reader::readLine(std::string_view line) {
    if (line.size() > SessionDescription::kMaxLineLength)
        return failure(line_, "line too long");
    if (line.size() < 2 || line[1] != '=')
        return failure(line_, "not a <type>=<value> line: " + quoted(line));
    const char type = line[0];
    const std::string_view value = line.substr(2);
    if (!isPlainText(value))
        return failure(line_, "not UTF-8 text, or control characters in it");
    if (line_ <= 3)
        return readHead(type, value);
    if (type == 'm')
        return readMedia(value);
    if (type == 'a')
        return readAttribute(value);
    return readField(type, value);
}

Reader::Step Reader::readHead(char type, std::string_view value) {
    if (type != "vos"[line_ - 1])
        return failure(line_, "a session description begins with v=, o= and s= lines");
    if (type == 'v' && value != "0")
        return failure(line_, "unknown version " + quoted(value));
    if (type == 's')
        result_.name = value;
    return type == 'o' ? readOrigin(value) : Step{};
}

Reader::Step Reader::readOrigin(std::string_view value) {
    const auto parts = words(value);
    constexpr auto max = std::numeric_limits<std::uint64_t>::max();
    if (parts.size() != 6)
        return failure(line_, "o= has six parts");
    if (!toNumber(parts[1], max) || !toNumber(parts[2], max))
        return failure(line_, "session id and version in o= are numbers");
    if (!isToken(parts[3]) || !isToken(parts[4]))
        return failure(line_, "network and address type in o= are tokens");
    result_.origin = {std::string(parts[0]), std::string(parts[1]), std::string(parts[2]),
                      std::string(parts[3]), std::string(parts[4]), std::string(parts[5])};
    return {};
}

Reader::Step Reader::readMedia(std::string_view value) {
    if (result_.media.size() == SessionDescription::kMaxMedia)
        return failure(line_, "too many m= lines");
    const auto parts = words(value);
    if (parts.size() < 4)
        return failure(line_, "m= has a media, a port, a protocol and formats");
    MediaDescription media;
    media.line = line_;
    media.media = parts[0];
    std::string_view ports = parts[1];
    const auto port = toNumber(takeWord(ports, '/'), 65535);
    const auto count = ports.empty() ? std::optional<std::uint64_t>(1) : toNumber(ports, 65535);
    if (!port || !count || *count == 0)
        return failure(line_, "bad port in m=: " + quoted(parts[1]));
    media.port = static_cast<int>(*port);
    media.portCount = static_cast<int>(*count);
    media.protocol = parts[2];
    media.formats.assign(parts.begin() + 3, parts.end());
    if (!isToken(media.media))
        return failure(line_, "bad media in m=: " + quoted(media.media));
    result_.media.push_back(std::move(media));
    return {};
}

Reader::Step Reader::readAttribute(std::string_view value) {
    const std::size_t colon = value.find(':');
    const std::string_view name = value.substr(0, colon);
    if (!isToken(name))
        return failure(line_, "bad attribute name " + quoted(name));
    Attribute attribute{std::string(name), std::nullopt, line_};
    if (colon != std::string_view::npos)
        attribute.value = value.substr(colon + 1);
    auto& attributes = result_.media.empty() ? result_.attributes : result_.media.back().attributes;
    attributes.push_back(std::move(attribute));
    return {};
}

Reader::Step Reader::readField(char type, std::string_view value) {
    const bool inSession = result_.media.empty();
    const auto known = inSession ? kSessionOrder : kMediaOrder;
    if (known.find(type) == std::string_view::npos)
        return failure(line_, std::string("no ") + quoted({&type, 1}) + " line may stand here");
    auto& fields = inSession ? result_.fields : result_.media.back().fields;
    fields.push_back({type, std::string(value)});
    hasTime_ = hasTime_ || type == 't';
    return {};
}

void append(std::string& text, char type, std::string_view value) {
    text += type;
    text += '=';
    text += value;
    text += "\r\n";
}

/// r= and z= lines belong to the t= line before them, so t, r and z sort as one.
void append(std::string& text, std::vector<Field> fields, std::string_view order) {
    const auto rank = [&](const Field& field) {
        return order.find(field.type == 'r' || field.type == 'z' ? 't' : field.type);
    };
    std::stable_sort(fields.begin(), fields.end(),
                     [&](const Field& a, const Field& b) { return rank(a) < rank(b); });
    for (const Field& field : fields)
        append(text, field.type, field.value);
}

void append(std::string& text, const Attributes& attributes) {
    for (const Attribute& attribute : attributes)
        append(text, 'a',
               attribute.value ? attribute.name + ':' + *attribute.value : attribute.name);
}

void append(std::string& text, const MediaDescription& media) {
    std::string line = media.media + ' ' + std::to_string(media.port);
    if (media.portCount != 1)
        line += '/' + std::to_string(media.portCount);
    line += ' ' + media.protocol;
    for (const std::string& format : media.formats)
        line += ' ' + format;
    append(text, 'm', line);
    append(text, media.fields, kMediaOrder);
    append(text, media.attributes);
}

} // namespace

const std::string& Attribute::text() const {
    static const std::string none;
    return value ? *value : none;
}

const Attribute* Attributes::find(std::string_view name) const {
    const auto found =
        std::find_if(begin(), end(), [&](const Attribute& a) { return a.name == name; });
    return found == end() ? nullptr : &*found;
}

Parsed<SessionDescription> SessionDescription::parse(std::string_view text) {
    return Reader().read(text);
}

std::string SessionDescription::print() const {
    std::string text;
    append(text, 'v', "0");
    append(text, 'o',
           origin.userName + ' ' + origin.sessionId + ' ' + origin.sessionVersion + ' ' +
               origin.networkType + ' ' + origin.addressType + ' ' + origin.address);
    append(text, 's', name);
    append(text, fields, kSessionOrder);
    append(text, attributes);
    for (const MediaDescription& description : media)
        append(text, description);
    return text;
}

} // namespace sdp
