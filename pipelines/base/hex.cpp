#include "pipelines/base/hex.h"

namespace base {

namespace {

int digitValue(char c) {
    if (c >= '0' && c <= '9') {
        return c - '0';
    }
    const char lower = static_cast<char>(c | 0x20);
    return lower >= 'a' && lower <= 'f' ? lower - 'a' + 10 : -1;
}

std::string digitsOf(std::string_view bytes, const char* digits, std::string_view between) {
    std::string text;
    text.reserve(bytes.size() * (2 + between.size()));
    for (const char c : bytes) {
        const auto byte = static_cast<std::uint8_t>(c);
        text += text.empty() ? std::string_view() : between;
        text += digits[byte >> 4];
        text += digits[byte & 15];
    }
    return text;
}

} // namespace

std::string hex(std::string_view bytes) {
    return digitsOf(bytes, "0123456789abcdef", "");
}

std::string hex(const std::uint8_t* bytes, std::size_t count) {
    return hex({reinterpret_cast<const char*>(bytes), count});
}

std::string fingerprint(std::string_view bytes) {
    return digitsOf(bytes, "0123456789ABCDEF", ":");
}

std::optional<std::vector<std::uint8_t>> fromHex(std::string_view text) {
    if (text.size() % 2 != 0) {
        return std::nullopt;
    }
    std::vector<std::uint8_t> bytes;
    bytes.reserve(text.size() / 2);
    for (std::size_t i = 0; i < text.size(); i += 2) {
        const int high = digitValue(text[i]);
        const int low = digitValue(text[i + 1]);
        if (high < 0 || low < 0) {
            return std::nullopt;
        }
        bytes.push_back(static_cast<std::uint8_t>(high * 16 + low));
    }
    return bytes;
}

} // namespace base
