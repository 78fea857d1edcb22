#pragma once

#include <cassert>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>
#include <string_view>
#include <vector>

// Texts from tests/data, and small changes to them.
namespace sample {

inline std::string read(const std::filesystem::path& path) {
    std::ifstream file(std::filesystem::path(SPILLWAY_TEST_DATA) / path, std::ios::binary);
    assert(file);
    return {std::istreambuf_iterator<char>(file), {}};
}

inline std::string offer(const std::string& name) {
    return read("offers/" + name + ".sdp");
}

// Every occurrence; there must be one.
inline std::string replaced(std::string text, std::string_view from, std::string_view to) {
    std::size_t at = text.find(from);
    assert(at != std::string::npos);
    for (; at != std::string::npos; at = text.find(from, at + to.size()))
        text.replace(at, from.size(), to);
    return text;
}

// Without the lines that begin so; there must be one.
inline std::string without(std::string text, const std::string& start) {
    const std::string needle = "\n" + start;
    assert(text.find(needle) != std::string::npos);
    for (std::size_t at = text.find(needle); at != std::string::npos; at = text.find(needle))
        text.erase(at + 1, text.find('\n', at + 1) - at);
    return text;
}

// With lines put after the first line that begins so.
inline std::string with(std::string text, const std::string& after, const std::string& lines) {
    const std::size_t at = text.find("\n" + after);
    assert(at != std::string::npos);
    return text.insert(text.find('\n', at + 1) + 1, lines);
}

inline bool has(std::string_view text, std::string_view part) {
    return text.find(part) != std::string_view::npos;
}

} // namespace sample
