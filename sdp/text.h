#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace sdp {

/// Small readers of text that all parsers of this folder share.

/// Decimal digits only, no sign, at most `max`.
std::optional<std::uint64_t> toNumber(std::string_view text, std::uint64_t max);

/// Splits at single separators; empty words are left out.
std::vector<std::string_view> words(std::string_view text, char separator = ' ');

/// Cuts the first word off `rest` and returns it; both are empty at the end.
std::string_view takeWord(std::string_view& rest, char separator = ' ');

std::string_view trimmed(std::string_view text);
std::string lowerCase(std::string_view text);
bool equalsIgnoringCase(std::string_view a, std::string_view b);

bool isToken(std::string_view text);     ///< token of RFC 8866 section 9, not empty
bool isIceText(std::string_view text);   ///< ice-char of RFC 8839: letters, digits, + and /
bool isPlainText(std::string_view text); ///< valid UTF-8 without control characters but tab

/// Hostile text for an error message: quoted, printable ASCII, cut to a readable length.
std::string quoted(std::string_view text);

/// Lines that end in CRLF or LF, the last one perhaps in nothing.
class LineReader {
public:
    explicit LineReader(std::string_view text) : rest_(text) {}

    bool next(); ///< false at the end
    std::string_view line() const { return line_; }
    int number() const { return number_; } ///< from 1

private:
    std::string_view rest_;
    std::string_view line_;
    int number_ = 0;
};

} // namespace sdp
