#include "gateway/ice/service_answer.h"

#include "gateway/ice/ice_uri.h"
#include "pipelines/base/plain_json.h"
#include "pipelines/base/unique.h"

#include <algorithm>
#include <charconv>
#include <json-glib/json-glib.h>

namespace ice {

using base::Problem;
using std::chrono::seconds;

namespace {

constexpr std::size_t kMostServers = 16;
constexpr std::size_t kMostUrls = 16;
constexpr int kDeepest = 8;
/// Longer claims are not believed: a page asks again at the latest after this.
constexpr seconds kMostTtl{86'400};

/// Takes an answer apart; the first thing that is wrong with it is kept.
class Reader {
public:
    explicit Reader(std::chrono::sys_seconds now) : now_(now) {}

    base::Result<IceConfiguration> read(JsonObject* root);

private:
    void readServers(JsonObject* root);
    void readServer(JsonNode* node);
    void readRest(JsonObject* root);
    void readUrls(JsonNode* node, const char* name, IceServer& server);
    void readUrl(const std::string& url, IceServer& server);
    void readPolicy(JsonObject* root);
    void readTtl(JsonObject* root);
    void add(IceServer server);
    void expires(seconds ttl);
    std::string text(JsonObject* object, const char* name);
    std::string credential(JsonObject* object, const char* name);
    void reject(const std::string& reason) { fault_ = fault_.empty() ? reason : fault_; }

    std::chrono::sys_seconds now_;
    IceConfiguration result_;
    std::string fault_;
};

/// Null also stands for what is not there.
JsonNode* member(JsonObject* object, const char* name) {
    JsonNode* node = json_object_get_member(object, name);
    return node != nullptr && !JSON_NODE_HOLDS_NULL(node) ? node : nullptr;
}

bool holdsText(JsonNode* node) {
    return JSON_NODE_HOLDS_VALUE(node) && json_node_get_value_type(node) == G_TYPE_STRING;
}

base::Result<IceConfiguration> Reader::read(JsonObject* root) {
    if (member(root, "iceServers") != nullptr) {
        readServers(root);
        readPolicy(root);
    } else if (member(root, "uris") != nullptr) {
        readRest(root);
    } else {
        reject("has neither iceServers nor uris");
    }
    readTtl(root);
    if (fault_.empty() && result_.servers.empty()) {
        reject("names no server");
    }
    if (!fault_.empty()) {
        return base::fail(Problem::Unavailable, "its answer " + fault_);
    }
    return std::move(result_);
}

void Reader::readServers(JsonObject* root) {
    JsonNode* node = member(root, "iceServers");
    if (!JSON_NODE_HOLDS_ARRAY(node)) {
        reject("has something else than a list in iceServers");
        return;
    }
    JsonArray* servers = json_node_get_array(node);
    if (json_array_get_length(servers) > kMostServers) {
        reject("has more than 16 servers");
        return;
    }
    for (guint i = 0; i < json_array_get_length(servers); ++i) {
        readServer(json_array_get_element(servers, i));
    }
}

void Reader::readServer(JsonNode* node) {
    if (!JSON_NODE_HOLDS_OBJECT(node)) {
        reject("has something else than an object among iceServers");
        return;
    }
    JsonObject* object = json_node_get_object(node);
    IceServer server;
    JsonNode* urls = member(object, "urls");
    readUrls(urls != nullptr ? urls : member(object, "url"), "urls", server);
    const std::string type = text(object, "credentialType");
    if (!type.empty() && type != "password") {
        reject("has a credentialType that is not password");
    }
    server.username = credential(object, "username");
    server.credential = credential(object, "credential");
    add(std::move(server));
}

void Reader::readRest(JsonObject* root) {
    IceServer server;
    readUrls(member(root, "uris"), "uris", server);
    server.username = credential(root, "username");
    server.credential = credential(root, "password");
    add(std::move(server));
}

void Reader::readUrls(JsonNode* node, const char* name, IceServer& server) {
    if (node != nullptr && holdsText(node)) {
        readUrl(json_node_get_string(node), server);
        return;
    }
    if (node == nullptr || !JSON_NODE_HOLDS_ARRAY(node)) {
        reject(std::string("has something else than addresses in ") + name);
        return;
    }
    JsonArray* urls = json_node_get_array(node);
    const guint count = json_array_get_length(urls);
    if (count == 0 || count > kMostUrls) {
        reject(std::string("has no address, or more than 16, in ") + name);
        return;
    }
    for (guint i = 0; i < count; ++i) {
        JsonNode* url = json_array_get_element(urls, i);
        if (holdsText(url)) {
            readUrl(json_node_get_string(url), server);
        } else {
            reject(std::string("has something else than addresses in ") + name);
        }
    }
}

void Reader::readUrl(const std::string& url, IceServer& server) {
    if (const auto uri = IceUri::parse(url)) {
        server.urls.push_back(uri->print());
    } else {
        reject("has an address that " + uri.error().message);
    }
}

void Reader::readPolicy(JsonObject* root) {
    const std::string policy = text(root, "iceTransportPolicy");
    if (policy == "relay") {
        result_.policy = Policy::Relay;
    } else if (!policy.empty() && policy != "all") {
        reject("has an iceTransportPolicy that is neither all nor relay");
    }
}

void Reader::readTtl(JsonObject* root) {
    JsonNode* node = member(root, "ttl");
    if (node == nullptr) {
        return;
    }
    if (!JSON_NODE_HOLDS_VALUE(node) || json_node_get_value_type(node) != G_TYPE_INT64) {
        reject("has a ttl that is not a whole number");
        return;
    }
    expires(seconds(json_node_get_int(node)));
}

/// Servers of stun: alone need no credentials, so they get none.
void Reader::add(IceServer server) {
    if (!server.relays()) {
        server.username.clear();
        server.credential.clear();
    } else if (server.username.empty() || server.credential.empty()) {
        reject("has a relay without username and password");
    } else if (const std::size_t colon = server.username.find(':'); colon != std::string::npos) {
        std::int64_t expiry = 0;
        const char* end = server.username.data() + colon;
        const auto [stop, error] = std::from_chars(server.username.data(), end, expiry);
        if (error == std::errc() && stop == end && expiry >= 0 && colon <= 12) {
            expires(std::chrono::sys_seconds(seconds(expiry)) - now_);
        }
    }
    result_.servers.push_back(std::move(server));
}

void Reader::expires(seconds ttl) {
    if (ttl <= seconds(0)) {
        reject("has credentials that have expired, by the clock of this machine");
    } else if (ttl < kLeastTtl) {
        reject("has credentials that expire within " + std::to_string(kLeastTtl.count()) +
               " s, by the clock of this machine");
    }
    result_.ttl = std::min({ttl, result_.ttl.value_or(ttl), kMostTtl});
}

/// Empty when it is not there.
std::string Reader::text(JsonObject* object, const char* name) {
    JsonNode* node = member(object, name);
    if (node != nullptr && !holdsText(node)) {
        reject(std::string("has something else than text in ") + name);
        return {};
    }
    return node != nullptr ? json_node_get_string(node) : "";
}

std::string Reader::credential(JsonObject* object, const char* name) {
    std::string value = text(object, name);
    if (value.size() > kLongestCredential || !isPrintable(value)) {
        reject(std::string("has a ") + name + " that is not printable ASCII, or too long");
    }
    return value;
}

} // namespace

base::Result<IceConfiguration> readServiceAnswer(std::string_view body,
                                                 std::chrono::sys_seconds now) {
    const auto refusal = base::fail(Problem::Unavailable, "its answer is not a JSON object");
    if (!g_utf8_validate_len(body.data(), body.size(), nullptr) ||
        !base::isPlainJson(body, kDeepest)) {
        return refusal;
    }
    const auto parser = base::Object<JsonParser>::adopt(json_parser_new_immutable());
    if (!json_parser_load_from_data(parser.get(), body.data(), static_cast<gssize>(body.size()),
                                    nullptr)) {
        return refusal;
    }
    JsonNode* root = json_parser_get_root(parser.get());
    if (root == nullptr || !JSON_NODE_HOLDS_OBJECT(root)) {
        return refusal;
    }
    return Reader(now).read(json_node_get_object(root));
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
