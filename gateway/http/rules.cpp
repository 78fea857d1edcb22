#include "gateway/http/rules.h"

#include "pipelines/base/ip_address.h"

#include <algorithm>
#include <glib.h>

namespace http {

using base::Problem;

namespace {

std::string lower(std::string_view text) {
    std::string out(text);
    std::transform(out.begin(), out.end(), out.begin(),
                   [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c; });
    return out;
}

std::string_view trimmed(std::string_view text) {
    const std::size_t start = text.find_first_not_of(" \t");
    if (start == std::string_view::npos) {
        return {};
    }
    return text.substr(start, text.find_last_not_of(" \t") - start + 1);
}

/// -1 when `text` has no two hexadecimal digits at `at`.
int escapedByte(std::string_view text, std::size_t at) {
    if (at + 2 >= text.size()) {
        return -1;
    }
    const int high = g_ascii_xdigit_value(text[at + 1]);
    const int low = g_ascii_xdigit_value(text[at + 2]);
    return high < 0 || low < 0 ? -1 : high * 16 + low;
}

std::string decodeComponent(std::string_view raw) {
    std::string out;
    for (std::size_t i = 0; i < raw.size(); ++i) {
        const int byte = raw[i] == '%' ? escapedByte(raw, i) : -1;
        if (byte >= 0) {
            out += static_cast<char>(byte);
            i += 2;
        } else {
            out += raw[i] == '+' ? ' ' : raw[i];
        }
    }
    return out;
}

bool hasDotSegment(std::string_view path) {
    while (!path.empty()) {
        path.remove_prefix(1); // the slash
        const std::size_t end = std::min(path.find('/'), path.size());
        if (path.substr(0, end) == "." || path.substr(0, end) == "..") {
            return true;
        }
        path.remove_prefix(end);
    }
    return false;
}

} // namespace

base::Result<std::string> decodePath(std::string_view raw) {
    if (!raw.starts_with('/')) {
        return base::fail(Problem::Malformed, "A path must begin with a slash");
    }
    std::string path;
    bool foreign = false; // decodes to something that no address of ours holds
    for (std::size_t i = 0; i < raw.size(); ++i) {
        char c = raw[i];
        if (c == '%') {
            const int byte = escapedByte(raw, i);
            if (byte < 0) {
                return base::fail(Problem::Malformed, "A path has a % without two digits");
            }
            c = static_cast<char>(byte);
            foreign = foreign || c == '/';
            i += 2;
        }
        const auto byte = static_cast<unsigned char>(c);
        if (byte < 0x20 || byte == 0x7f) {
            return base::fail(Problem::Malformed, "A path must not hold control characters");
        }
        foreign = foreign || c == '\\';
        path += c;
    }
    if (foreign || hasDotSegment(path) || !g_utf8_validate_len(path.data(), path.size(), nullptr)) {
        return base::fail(Problem::NotFound, "There is nothing at this path");
    }
    return path;
}

std::map<std::string, std::string> decodeQuery(std::string_view raw) {
    std::map<std::string, std::string> query;
    while (!raw.empty()) {
        const std::size_t end = std::min(raw.find('&'), raw.size());
        const std::string_view pair = raw.substr(0, end);
        raw.remove_prefix(std::min(end + 1, raw.size()));
        const std::size_t equals = std::min(pair.find('='), pair.size());
        if (pair.empty()) {
            continue;
        }
        query.emplace(decodeComponent(pair.substr(0, equals)),
                      equals < pair.size() ? decodeComponent(pair.substr(equals + 1)) : "");
    }
    return query;
}

std::string hostName(std::string_view hostHeader) {
    std::string_view name = hostHeader;
    std::string_view port;
    if (name.starts_with('[')) {
        const std::size_t close = name.find(']');
        if (close == std::string_view::npos) {
            return {};
        }
        port = name.substr(close + 1);
        name = name.substr(1, close - 1);
    } else {
        const std::size_t colon = std::min(name.find(':'), name.size());
        port = name.substr(colon);
        name = name.substr(0, colon);
    }
    const bool portFits = port.empty() || (port.size() <= 6 && port.front() == ':' &&
                                           std::all_of(port.begin() + 1, port.end(),
                                                       [](char c) { return g_ascii_isdigit(c); }));
    const bool nameFits = std::all_of(name.begin(), name.end(), [](char c) {
        return g_ascii_isalnum(c) || c == '.' || c == '-' || c == '_' || c == ':';
    });
    return portFits && nameFits ? lower(name) : std::string();
}

bool isLoopbackName(std::string_view name) {
    return name == "localhost" || name.ends_with(".localhost") ||
           base::isLoopback(std::string(name));
}

base::Result<void> checkHost(const Request& request, const std::vector<std::string>& names) {
    const std::string* header = request.header("host");
    const std::string name = header ? hostName(*header) : std::string();
    if (name.empty()) {
        return base::fail(Problem::Malformed, "The request has no usable Host");
    }
    const bool known = std::any_of(names.begin(), names.end(),
                                   [&](const std::string& other) { return lower(other) == name; });
    if (known || isLoopbackName(name)) {
        return {};
    }
    return base::fail(Problem::Forbidden,
                      "This server is not known as \"" + name +
                          "\": add the name to hosts in the group [server] of its settings");
}

base::Result<void> checkOrigin(const Request& request) {
    const bool reads =
        request.method == "GET" || request.method == "HEAD" || request.method == "OPTIONS";
    const std::string* origin = request.header("origin");
    const std::string* host = request.header("host");
    if (reads || !origin) {
        return {};
    }
    const std::string own = host ? lower(*host) : std::string();
    if (lower(*origin) == "http://" + own || lower(*origin) == "https://" + own) {
        return {};
    }
    return base::fail(Problem::Forbidden, "A page of another site must not do this");
}

bool acceptsGzip(std::string_view acceptEncoding) {
    while (!acceptEncoding.empty()) {
        const std::size_t end = std::min(acceptEncoding.find(','), acceptEncoding.size());
        std::string item = lower(acceptEncoding.substr(0, end));
        acceptEncoding.remove_prefix(std::min(end + 1, acceptEncoding.size()));
        std::erase_if(item, [](char c) { return c == ' ' || c == '\t'; });
        const std::size_t semicolon = std::min(item.find(';'), item.size());
        const std::string_view coding = trimmed(std::string_view(item).substr(0, semicolon));
        if (coding == "gzip" || coding == "x-gzip" || coding == "*") {
            const std::string quality = item.substr(semicolon);
            return !(quality.starts_with(";q=0") &&
                     quality.find_first_of("123456789") == std::string::npos);
        }
    }
    return false;
}

} // namespace http
