#include "gateway/config_values.h"

#include "pipelines/base/unique.h"

#include <algorithm>
#include <charconv>
#include <gio/gio.h>

namespace gateway::values {

namespace {

/// Tokens shorter than this can be guessed.
constexpr std::size_t kShortestToken = 8;

base::Object<GInetAddress> addressOf(const std::string& text) {
    return base::Object<GInetAddress>::adopt(g_inet_address_new_from_string(text.c_str()));
}

} // namespace

Complaint number(std::int64_t& into, const std::string& value, std::int64_t least,
                 std::int64_t most) {
    std::int64_t parsed = 0;
    const char* end = value.data() + value.size();
    const auto [stop, error] = std::from_chars(value.data(), end, parsed);
    if (value.empty() || error != std::errc() || stop != end || parsed < least || parsed > most) {
        return "must be a whole number from " + std::to_string(least) + " to " +
               std::to_string(most);
    }
    into = parsed;
    return std::nullopt;
}

Complaint yesOrNo(bool& into, const std::string& value) {
    const bool yes = value == "yes" || value == "true";
    if (!yes && value != "no" && value != "false") {
        return "must be yes or no";
    }
    into = yes;
    return std::nullopt;
}

std::vector<std::string> list(const std::string& value) {
    std::string packed = value;
    std::erase_if(packed, [](char c) { return c == ' ' || c == '\t'; });
    return splitList(packed);
}

std::vector<std::string> splitList(const std::string& value) {
    std::vector<std::string> items;
    std::size_t start = 0;
    while (start <= value.size()) {
        const std::size_t end = std::min(value.find(';', start), value.size());
        std::string item = trimmed(value.substr(start, end - start));
        if (!item.empty()) {
            items.push_back(std::move(item));
        }
        start = end + 1;
    }
    return items;
}

std::string trimmed(const std::string& text) {
    const std::size_t start = text.find_first_not_of(" \t");
    return start == std::string::npos
               ? std::string()
               : text.substr(start, text.find_last_not_of(" \t") - start + 1);
}

std::string joined(const std::vector<std::string>& list) {
    std::string text;
    for (const std::string& item : list) {
        text += (text.empty() ? "" : ";") + item;
    }
    return text;
}

Complaint portRange(int& first, int& last, const std::string& value) {
    constexpr int kFewest = 8; // one stream with both kinds of RTP
    const std::size_t dash = value.find('-');
    std::int64_t from = 0;
    std::int64_t to = 0;
    if (dash == std::string::npos || number(from, value.substr(0, dash), 1024, 65535) ||
        number(to, value.substr(dash + 1), 1024, 65535) || to - from + 1 < kFewest) {
        return "must be two ports from 1024 to 65535 such as 20000-20999, at least 8 in all";
    }
    first = static_cast<int>(from);
    last = static_cast<int>(to);
    return std::nullopt;
}

Complaint token(std::string& into, const std::string& value) {
    const bool printable =
        std::all_of(value.begin(), value.end(), [](char c) { return g_ascii_isgraph(c); });
    if (!printable || (!value.empty() && value.size() < kShortestToken)) {
        return "must be at least 8 printable ASCII characters without spaces";
    }
    into = value;
    return std::nullopt;
}

Complaint destination(std::string& into, const std::string& value) {
    const auto address = addressOf(value);
    if (!address || value == "255.255.255.255" || g_inet_address_get_is_any(address.get())) {
        return "must be a numeric unicast or multicast address";
    }
    into = value;
    return std::nullopt;
}

Complaint unicast(std::string& into, const std::string& value) {
    const auto address = addressOf(value);
    if (!address || value == "255.255.255.255" || g_inet_address_get_is_any(address.get()) ||
        g_inet_address_get_is_multicast(address.get())) {
        return "must be a numeric address of this machine";
    }
    into = value;
    return std::nullopt;
}

Complaint blocks(std::vector<std::string>& into, const std::string& value) {
    std::vector<std::string> items = list(value);
    for (const std::string& item : items) {
        const auto mask = base::Object<GInetAddressMask>::adopt(
            g_inet_address_mask_new_from_string(item.c_str(), nullptr));
        if (!mask) {
            return "must be numeric addresses or blocks such as 192.0.2.0/24, separated by \";\"; "
                   "\"" +
                   item + "\" is neither";
        }
    }
    into = std::move(items);
    return std::nullopt;
}

} // namespace gateway::values
