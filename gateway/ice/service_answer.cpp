#include "gateway/ice/service_answer.h"

#include "gateway/ice/ice_uri.h"
#include "pipelines/base/unique.h"
#include "pipelines/json/reader.h"

#include <algorithm>
#include <charconv>

namespace ice {

using base::Problem;
using std::chrono::seconds;

namespace {

constexpr std::size_t kMostServers = 16;
constexpr std::size_t kMostUrls = 16;
/// Longer claims are not believed: a page asks again at the latest after this.
constexpr seconds kMostTtl{86'400};

/// Reads one answer. What is wrong with it is kept by `in`.
struct AnswerReader {
    json::Reader& in;
    std::chrono::sys_seconds now;
    IceConfiguration result{};

    void read();
    void addServer(json::Reader& from, const char* urlsName, const char* credentialName);
    void addUrls(const std::vector<std::string>& urls, IceServer& server);
    std::string credential(json::Reader& from, const char* name);
    void expires(seconds ttl);
};

void AnswerReader::read() {
    if (in.has("iceServers")) {
        in.eachObject("iceServers", [this](json::Reader& server) {
            const std::string type = server.textOr("credentialType", "");
            if (!type.empty() && type != "password") {
                in.reject("credentialType is not password");
            }
            addServer(server, server.has("urls") ? "urls" : "url", "credential");
        });
        const std::string policy = in.textOr("iceTransportPolicy", "");
        result.policy = policy == "relay" ? Policy::Relay : Policy::All;
        if (!policy.empty() && policy != "relay" && policy != "all") {
            in.reject("iceTransportPolicy is neither all nor relay");
        }
    } else if (in.has("uris")) {
        addServer(in, "uris", "password");
    } else {
        in.reject("it has neither iceServers nor uris");
    }
    if (in.has("ttl")) {
        expires(seconds(in.integer("ttl")));
    }
    if (result.servers.empty() || result.servers.size() > kMostServers) {
        in.reject("it names no server, or more than " + std::to_string(kMostServers));
    }
}

/// Servers of stun: alone need no credentials, so they get none.
void AnswerReader::addServer(json::Reader& from, const char* urlsName, const char* credentialName) {
    IceServer server;
    addUrls(from.textOrTexts(urlsName), server);
    server.username = credential(from, "username");
    server.credential = credential(from, credentialName);
    if (!server.relays()) {
        server.username.clear();
        server.credential.clear();
    } else if (server.username.empty() || server.credential.empty()) {
        in.reject("a relay is without username and password");
    } else if (const std::size_t colon = server.username.find(':'); colon != std::string::npos) {
        std::int64_t expiry = 0;
        const char* end = server.username.data() + colon;
        const auto [stop, error] = std::from_chars(server.username.data(), end, expiry);
        if (error == std::errc() && stop == end && expiry >= 0 && colon <= 12) {
            expires(std::chrono::sys_seconds(seconds(expiry)) - now);
        }
    }
    result.servers.push_back(std::move(server));
}

void AnswerReader::addUrls(const std::vector<std::string>& urls, IceServer& server) {
    if (urls.empty() || urls.size() > kMostUrls) {
        in.reject("a server has no address, or more than " + std::to_string(kMostUrls));
    }
    for (const std::string& url : urls) {
        if (const auto uri = IceUri::parse(url)) {
            server.urls.push_back(uri->print());
        } else {
            in.reject("an address " + uri.error().message);
        }
    }
}

std::string AnswerReader::credential(json::Reader& from, const char* name) {
    std::string value = from.textOr(name, "");
    if (value.size() > kLongestCredential || !isPrintable(value)) {
        in.reject(std::string(name) + " is not printable ASCII, or too long");
    }
    return value;
}

void AnswerReader::expires(seconds ttl) {
    if (ttl <= seconds(0)) {
        in.reject("its credentials have expired, by the clock of this machine");
    } else if (ttl < kLeastTtl) {
        in.reject("its credentials expire within " + std::to_string(kLeastTtl.count()) +
                  " s, by the clock of this machine");
    }
    result.ttl = std::min({ttl, result.ttl.value_or(ttl), kMostTtl});
}

} // namespace

base::Result<IceConfiguration> readServiceAnswer(std::string_view body,
                                                 std::chrono::sys_seconds now) {
    auto in = json::Reader::parse(body, json::Null::IsAbsent);
    if (!in) {
        return base::fail(Problem::Unavailable, "its answer is " + in.error().message);
    }
    AnswerReader answer{*in, now};
    answer.read();
    if (in->fault()) {
        return base::fail(Problem::Unavailable,
                          "its answer can't be used: " + in->fault()->message);
    }
    return std::move(answer.result);
}

std::string quotable(std::string_view text) {
    constexpr std::size_t kMost = 200; // bytes
    constexpr std::size_t kLookedAt = 4096;
    const bool page = text.find("<html") != std::string_view::npos ||
                      text.find("<HTML") != std::string_view::npos;
    text = text.substr(0, kLookedAt);
    const base::UniqueString valid(
        g_utf8_make_valid(text.data(), static_cast<gssize>(text.size())));
    std::string out;
    bool inTag = false;
    bool gap = false;
    for (const char* at = valid.get(); *at != '\0'; at = g_utf8_next_char(at)) {
        const gunichar c = g_utf8_get_char(at);
        inTag = page && (inTag || c == '<');
        if (inTag || !g_unichar_isprint(c) || g_unichar_isspace(c)) {
            gap = true;
            inTag = inTag && c != '>';
            continue;
        }
        const std::size_t size = static_cast<std::size_t>(g_utf8_next_char(at) - at);
        if (out.size() + size + 1 > kMost) {
            return out + "…";
        }
        out += gap && !out.empty() ? " " : "";
        out.append(at, size);
        gap = false;
    }
    return out;
}

} // namespace ice
