#include "sdp/text.h"

#include <algorithm>

namespace sdp {

namespace {

constexpr std::size_t kQuotedLength = 40;

char lower(char c) {
    return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
}

bool isDigit(char c) {
    return c >= '0' && c <= '9';
}

bool isLetter(char c) {
    return lower(c) >= 'a' && lower(c) <= 'z';
}

bool isPrintable(char c) {
    return c >= ' ' && c <= '~';
}

/// The bytes of the UTF-8 sequence at the start of `text`, 0 when there is no valid one.
std::size_t sequenceLength(std::string_view text) {
    const auto byte = [&](std::size_t i) { return static_cast<unsigned char>(text[i]); };
    const unsigned char first = byte(0);
    const std::size_t length = first < 0x80   ? 1
                               : first < 0xc2 ? 0
                               : first < 0xe0 ? 2
                               : first < 0xf0 ? 3
                               : first < 0xf5 ? 4
                                              : 0;
    if (length == 0 || text.size() < length)
        return 0;
    for (std::size_t i = 1; i < length; ++i)
        if ((byte(i) & 0xc0) != 0x80)
            return 0;
    const bool overlong = (first == 0xe0 && byte(1) < 0xa0) || (first == 0xf0 && byte(1) < 0x90);
    const bool surrogate = first == 0xed && byte(1) > 0x9f;
    const bool beyond = first == 0xf4 && byte(1) > 0x8f;
    return overlong || surrogate || beyond ? 0 : length;
}

} // namespace

std::optional<std::uint64_t> toNumber(std::string_view text, std::uint64_t max) {
    if (text.empty() || !std::all_of(text.begin(), text.end(), isDigit))
        return std::nullopt;
    std::uint64_t number = 0;
    for (const char c : text) {
        const auto digit = static_cast<std::uint64_t>(c - '0');
        if (number > max / 10 || digit > max - number * 10)
            return std::nullopt;
        number = number * 10 + digit;
    }
    return number;
}

std::string_view takeWord(std::string_view& rest, char separator) {
    const std::size_t start = std::min(rest.find_first_not_of(separator), rest.size());
    rest.remove_prefix(start);
    const std::size_t end = std::min(rest.find(separator), rest.size());
    const std::string_view word = rest.substr(0, end);
    rest.remove_prefix(std::min(end + 1, rest.size()));
    return word;
}

std::vector<std::string_view> words(std::string_view text, char separator) {
    std::vector<std::string_view> result;
    for (std::string_view word = takeWord(text, separator); !word.empty();
         word = takeWord(text, separator))
        result.push_back(word);
    return result;
}

std::string_view trimmed(std::string_view text) {
    const std::size_t start = text.find_first_not_of(" \t");
    if (start == std::string_view::npos)
        return {};
    return text.substr(start, text.find_last_not_of(" \t") - start + 1);
}

std::string lowerCase(std::string_view text) {
    std::string result(text);
    std::transform(result.begin(), result.end(), result.begin(), lower);
    return result;
}

bool equalsIgnoringCase(std::string_view a, std::string_view b) {
    return std::equal(a.begin(), a.end(), b.begin(), b.end(),
                      [](char x, char y) { return lower(x) == lower(y); });
}

bool isToken(std::string_view text) {
    constexpr std::string_view marks = "!#$%&'*+-.^_`{|}~";
    return !text.empty() && std::all_of(text.begin(), text.end(), [&](char c) {
        return isLetter(c) || isDigit(c) || marks.find(c) != std::string_view::npos;
    });
}

bool isIceText(std::string_view text) {
    return std::all_of(text.begin(), text.end(),
                       [](char c) { return isLetter(c) || isDigit(c) || c == '+' || c == '/'; });
}

bool isPlainText(std::string_view text) {
    while (!text.empty()) {
        const auto first = static_cast<unsigned char>(text.front());
        if ((first < ' ' && first != '\t') || first == 0x7f)
            return false;
        const std::size_t length = sequenceLength(text);
        if (length == 0)
            return false;
        text.remove_prefix(length);
    }
    return true;
}

std::string quoted(std::string_view text) {
    std::string result = "\"";
    for (const char c : text.substr(0, kQuotedLength))
        result += isPrintable(c) ? c : '?';
    return result + (text.size() > kQuotedLength ? "…\"" : "\"");
}

bool LineReader::next() {
    if (rest_.empty())
        return false;
    const std::size_t end = std::min(rest_.find('\n'), rest_.size());
    line_ = rest_.substr(0, end);
    rest_.remove_prefix(std::min(end + 1, rest_.size()));
    if (!line_.empty() && line_.back() == '\r')
        line_.remove_suffix(1);
    ++number_;
    return true;
}

} // namespace sdp
