#include "gateway/config/values.h"

#include "gateway/ice/ice_server.h"
#include "gateway/ice/ice_uri.h"
#include "pipelines/base/unique.h"

#include <algorithm>
#include <charconv>
#include <gio/gio.h>

namespace config {

using ice::IceUri;

namespace {

constexpr std::int64_t kLeastPort = 1024; // below, only root may listen
constexpr std::int64_t kMostPort = 65'535;
constexpr std::int64_t kFewestPorts = 8;      // one stream with both kinds of RTP
constexpr std::size_t kShortestToken = 8;     // shorter ones can be guessed
constexpr std::size_t kLongestInterface = 15; // IFNAMSIZ without the zero
constexpr std::size_t kMostUris = 16;         // that a browser may be given of one kind

base::Object<GInetAddress> addressOf(const std::string& text) {
    return base::Object<GInetAddress>::adopt(g_inet_address_new_from_string(text.c_str()));
}

std::string trimmed(const std::string& text) {
    const std::size_t start = text.find_first_not_of(" \t");
    return start == std::string::npos
               ? std::string()
               : text.substr(start, text.find_last_not_of(" \t") - start + 1);
}

std::vector<std::string> split(const std::string& value) {
    std::vector<std::string> items;
    for (std::size_t start = 0; start < value.size();) {
        const std::size_t end = std::min(value.find(';', start), value.size());
        items.push_back(trimmed(value.substr(start, end - start)));
        start = end + 1;
    }
    std::erase(items, "");
    return items;
}

std::string joined(const std::vector<std::string>& list, const char* separator = ";") {
    std::string text;
    for (const std::string& item : list) {
        text += (text.empty() ? "" : separator) + item;
    }
    return text;
}

std::optional<std::int64_t> numberIn(const std::string& text, std::int64_t least,
                                     std::int64_t most) {
    std::int64_t parsed = 0;
    const char* end = text.data() + text.size();
    const auto [stop, error] = std::from_chars(text.data(), end, parsed);
    const bool whole = error == std::errc() && stop == end;
    return whole && parsed >= least && parsed <= most ? std::optional(parsed) : std::nullopt;
}

/// `read` says whether it stored the value.
Value value(std::string takes, std::function<std::string()> print,
            std::function<bool(const std::string&)> read) {
    return {takes, std::move(print), [takes, read = std::move(read)](const std::string& value) {
                return read(value) ? std::nullopt : Complaint("must be " + takes);
            }};
}

/// "Name: value" with a token for a name (RFC 9110 section 5.1).
std::optional<std::pair<std::string, std::string>> headerOf(const std::string& text) {
    static constexpr std::string_view kFurther = "!#$%&'*+-.^_`|~";
    const std::size_t colon = text.find(':');
    if (colon == std::string::npos || !ice::isPrintable(text)) {
        return std::nullopt;
    }
    const std::string name = text.substr(0, colon);
    const std::string content = trimmed(text.substr(colon + 1));
    const bool token = std::all_of(name.begin(), name.end(), [](char c) {
        return g_ascii_isalnum(c) || kFurther.find(c) != std::string_view::npos;
    });
    if (!token || name.empty() || content.empty()) {
        return std::nullopt;
    }
    return std::pair(name, content);
}

/// What is wrong with one address of a list; the list gets it as IceUri prints it.
Complaint addUri(std::vector<std::string>& uris, const std::string& text, bool relays) {
    const auto uri = IceUri::parse(text);
    if (!uri) {
        return uri.error().message;
    }
    if (uri->relays() != relays) {
        return std::string("must begin with ") + (relays ? "turn: or turns:" : "stun:");
    }
    if (uri->secure() && uri->transport == IceUri::Transport::Udp) {
        return "must be without ?transport=udp: browsers speak TLS over TCP";
    }
    uris.push_back(uri->print());
    return std::nullopt;
}

} // namespace

Value text(std::string& member, std::string takes, Fits fits) {
    return value(
        std::move(takes), [&member] { return member; },
        [&member, fits](const std::string& text) {
            member = text;
            return fits(text);
        });
}

Value list(std::vector<std::string>& member, std::string takes, Fits fits) {
    takes += ", separated by \";\"";
    return {takes, [&member] { return joined(member); },
            [&member, takes, fits](const std::string& text) {
                std::vector<std::string> items = split(text);
                const auto wrong = std::find_if_not(items.begin(), items.end(), fits);
                if (wrong != items.end()) {
                    return Complaint("must be " + takes + "; \"" + *wrong + "\" is not");
                }
                member = std::move(items);
                return Complaint();
            }};
}

Value oneOf(std::vector<std::string> words, std::function<std::string()> print,
            std::function<void(std::size_t)> set) {
    std::string takes = joined({words.begin(), words.end() - 1}, ", ") + " or " + words.back();
    return value(
        std::move(takes), std::move(print),
        [words = std::move(words), set = std::move(set)](const std::string& text) {
            const std::string word = text == "true" ? "yes" : text == "false" ? "no" : text;
            const auto found = std::find(words.begin(), words.end(), word);
            if (found != words.end()) {
                set(static_cast<std::size_t>(found - words.begin()));
            }
            return found != words.end();
        });
}

Value yesNo(bool& member) {
    return oneOf(
        {"yes", "no"}, [&member] { return member ? "yes" : "no"; },
        [&member](std::size_t n) { member = n == 0; });
}

Value choice(std::string& member, std::vector<std::string> words) {
    return oneOf(
        words, [&member] { return member; },
        [&member, words](std::size_t n) { member = words[n]; });
}

Value wholeNumber(std::int64_t least, std::int64_t most, std::function<std::int64_t()> get,
                  std::function<void(std::int64_t)> set) {
    return value(
        "a whole number from " + std::to_string(least) + " to " + std::to_string(most),
        [get = std::move(get)] { return std::to_string(get()); },
        [least, most, set = std::move(set)](const std::string& text) {
            const auto parsed = numberIn(text, least, most);
            if (parsed) {
                set(*parsed);
            }
            return parsed.has_value();
        });
}

Value portRange(int& first, int& last, bool mayBeEmpty) {
    const auto print = [&] {
        return first == 0 ? "" : std::to_string(first) + "-" + std::to_string(last);
    };
    const auto read = [&first, &last, mayBeEmpty](const std::string& text) {
        if (text.empty() && mayBeEmpty) {
            first = last = 0;
            return true;
        }
        const std::size_t dash = std::min(text.find('-'), text.size());
        const auto from = numberIn(text.substr(0, dash), kLeastPort, kMostPort);
        const auto to =
            numberIn(text.substr(std::min(dash + 1, text.size())), kLeastPort, kMostPort);
        first = static_cast<int>(from.value_or(0));
        last = static_cast<int>(to.value_or(0));
        return from && to && last - first + 1 >= kFewestPorts;
    };
    return value("two ports from 1024 to 65535 such as 20000-20999, at least 8 in all", print,
                 read);
}

Value port(int& member) {
    return value(
        "0 or a port from 1024 to 65535: the relay does not run as root",
        [&member] { return std::to_string(member); },
        [&member](const std::string& text) {
            member = static_cast<int>(numberIn(text, 0, kMostPort).value_or(-1));
            return member == 0 || member >= kLeastPort;
        });
}

Value listening(http::ServerConfig& server) {
    const auto print = [&server] {
        const bool ipv6 = server.address.find(':') != std::string::npos;
        return (ipv6 ? "[" + server.address + "]" : server.address) + ":" +
               std::to_string(server.port);
    };
    const auto read = [&server](const std::string& text) {
        const std::size_t colon = std::min(text.rfind(':'), text.size());
        std::string address = text.substr(0, colon);
        const auto port = numberIn(text.substr(std::min(colon + 1, text.size())), 0, kMostPort);
        const bool bracketed = address.starts_with('[') && address.ends_with(']');
        if (bracketed) {
            address = address.substr(1, address.size() - 2);
        }
        const auto numeric = addressOf(address);
        const bool ipv6 =
            numeric && g_inet_address_get_family(numeric.get()) == G_SOCKET_FAMILY_IPV6;
        server.address = address;
        server.port = static_cast<std::uint16_t>(port.value_or(0));
        return port && bracketed == ipv6 && (numeric || address == "localhost");
    };
    return value("a numeric address or localhost and a port, such as 127.0.0.1:8080 or [::1]:8080",
                 print, read);
}

Value iceUris(std::vector<std::string>& member, bool relays) {
    const auto read = [&member, relays](const std::string& text) -> Complaint {
        member.clear();
        for (const std::string& item : split(text)) {
            if (const auto complaint = addUri(member, item, relays)) {
                return "\"" + item + "\" " + *complaint;
            }
        }
        return member.size() > kMostUris
                   ? Complaint("must be at most " + std::to_string(kMostUris) + " addresses")
                   : std::nullopt;
    };
    return {"at most " + std::to_string(kMostUris) + " addresses, separated by \";\"",
            [&member] { return joined(member); }, read};
}

Value headers(std::vector<std::pair<std::string, std::string>>& member) {
    const auto print = [&member] {
        std::vector<std::string> lines;
        for (const auto& [name, content] : member) {
            lines.push_back(name + ": " + content);
        }
        return joined(lines);
    };
    const auto read = [&member](const std::string& text) {
        member.clear();
        const std::vector<std::string> items = split(text);
        for (const std::string& item : items) {
            if (auto header = headerOf(item)) {
                member.push_back(std::move(*header));
            }
        }
        return member.size() == items.size();
    };
    return value("headers such as \"Authorization: Bearer …\", separated by \";\"", print, read);
}

bool isToken(const std::string& text) {
    return (text.empty() || text.size() >= kShortestToken) &&
           std::all_of(text.begin(), text.end(), [](char c) { return g_ascii_isgraph(c); });
}

bool isDestination(const std::string& text) {
    const auto address = addressOf(text);
    return address && text != "255.255.255.255" && !g_inet_address_get_is_any(address.get());
}

bool isUnicast(const std::string& text) {
    return isDestination(text) && !g_inet_address_get_is_multicast(addressOf(text).get());
}

bool isReachable(const std::string& text) {
    const auto address = addressOf(text);
    return text.empty() || (isUnicast(text) && !g_inet_address_get_is_loopback(address.get()) &&
                            !g_inet_address_get_is_link_local(address.get()));
}

bool isBlock(const std::string& text) {
    return bool(base::Object<GInetAddressMask>::adopt(
        g_inet_address_mask_new_from_string(text.c_str(), nullptr)));
}

bool isInterface(const std::string& text) {
    return text.size() <= kLongestInterface && std::all_of(text.begin(), text.end(), [](char c) {
               return g_ascii_isgraph(c) && c != '/' && c != ',';
           });
}

bool isCredential(const std::string& text) {
    return ice::isPrintable(text) && text.size() <= ice::kLongestCredential;
}

bool isServiceUrl(const std::string& text) {
    const base::UniqueUri uri(g_uri_parse(text.c_str(), G_URI_FLAGS_NONE, nullptr));
    if (!uri || !ice::isPrintable(text)) {
        return text.empty();
    }
    const std::string scheme = g_uri_get_scheme(uri.get());
    const char* host = g_uri_get_host(uri.get());
    return (scheme == "http" || scheme == "https") && host != nullptr && *host != '\0' &&
           g_uri_get_userinfo(uri.get()) == nullptr && g_uri_get_fragment(uri.get()) == nullptr;
}

} // namespace config
