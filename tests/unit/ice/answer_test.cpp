#include "gateway/ice/service_answer.h"

#include <catch2/catch.hpp>

using ice::IceConfiguration;
using ice::Policy;
using ice::quotable;
using std::chrono::seconds;

namespace {

constexpr std::chrono::sys_seconds kNow{seconds(1'700'000'000)};

base::Result<IceConfiguration> read(const std::string& text) {
    return ice::readServiceAnswer(text, kNow);
}

std::string complaint(const std::string& text) {
    const auto answer = read(text);
    return answer ? "" : answer.error().message;
}

std::string servers(const std::string& list) {
    return "{\"iceServers\":[" + list + "]}";
}

std::string relayWith(const std::string& members) {
    return servers(R"({"urls":"turn:a","username":"u","credential":"p")" + members + "}");
}

} // namespace

TEST_CASE("the answer of STUNner's auth service") {
    const auto answer = read(R"({"iceServers":[
        {"url":"turn:192.0.2.7:3478?transport=udp","username":"1700003600:x","credential":"p="},
        {"urls":["turns:b.example:443?transport=tcp"],"username":"1700001800:x","credential":"q"}
    ],"iceTransportPolicy":"relay"})");
    REQUIRE(answer);
    REQUIRE(answer->servers.size() == 2);
    CHECK(answer->servers[0].urls == std::vector<std::string>{"turn:192.0.2.7:3478?transport=udp"});
    CHECK(answer->servers[0].username == "1700003600:x");
    CHECK(answer->servers[1].credential == "q");
    CHECK(answer->policy == Policy::Relay);
    CHECK(answer->ttl == seconds(1800)); // the one that expires first
}

TEST_CASE("the answer of TURN REST") {
    const auto answer = read(R"({"username":"1700000600:x","password":"p","ttl":86400,
        "uris":["turn:192.0.2.7:9991?transport=udp","stun:192.0.2.7"]})");
    REQUIRE(answer);
    REQUIRE(answer->servers.size() == 1);
    CHECK(answer->servers[0].urls.size() == 2);
    CHECK(answer->servers[0].username == "1700000600:x");
    CHECK(answer->servers[0].credential == "p");
    CHECK(answer->policy == Policy::All);
    CHECK(answer->ttl == seconds(600)); // the name is what the relay believes
}

TEST_CASE("an answer that is a whole RTCConfiguration") {
    const auto answer = read(R"({"iceServers":[
        {"urls":"stun:a","username":null},
        {"urls":["turn:b"],"username":"user","credential":"pass","credentialType":"password"}],
        "iceTransportPolicy":"all","bundlePolicy":"max-bundle","iceCandidatePoolSize":4,
        "certificates":[{"x":[1]}]})");
    REQUIRE(answer);
    CHECK(answer->servers.size() == 2);
    CHECK_FALSE(answer->servers[0].relays());
    CHECK_FALSE(answer->ttl);
}

TEST_CASE("STUN servers have no credentials") {
    const auto answer =
        read(servers(R"({"urls":"stun:a","username":"1600000000:u","credential":"p"})"));
    REQUIRE(answer);
    CHECK(answer->servers[0].username.empty());
    CHECK(answer->servers[0].credential.empty());
    CHECK_FALSE(answer->ttl);
}

TEST_CASE("expiry") {
    CHECK(read(relayWith("").substr(0, relayWith("").size() - 1) + ",\"ttl\":60}")->ttl ==
          seconds(60));
    CHECK(read(servers(R"({"urls":"turn:a","username":"1700000030:u:v","credential":"p"})"))->ttl ==
          seconds(30));
    // No time at all.
    for (const char* name : {"user", "user:1700000030", ":", "12a:b", "-5:x", "99999999999999:x"}) {
        INFO(name);
        const auto answer = read(servers(R"({"urls":"turn:a","credential":"p","username":")" +
                                         std::string(name) + "\"}"));
        REQUIRE(answer);
        CHECK_FALSE(answer->ttl);
    }
    CHECK(read(servers(R"({"urls":"turn:a","username":"9999999999:u","credential":"p"})"))->ttl ==
          seconds(86'400));
    CHECK(complaint(servers(R"({"urls":"turn:a","username":"1699999999:u","credential":"p"})"))
              .find("expired") != std::string::npos);
    CHECK(complaint(servers(R"({"urls":"turn:a","username":"1700000005:u","credential":"p"})"))
              .find("expire within") != std::string::npos);
    for (const char* ttl : {"0", "-1", "-9223372036854775808", "5"}) {
        INFO(ttl);
        CHECK(complaint(R"({"username":"u","password":"p","uris":["turn:a"],"ttl":)" +
                        std::string(ttl) + "}")
                  .find("expire") != std::string::npos);
    }
}

TEST_CASE("what is no such answer") {
    for (const std::string& text : {
             std::string(),
             std::string("nonsense"),
             std::string("<html><body>Sign in</body></html>"),
             std::string("null"),
             std::string("[]"),
             std::string("[{\"urls\":\"stun:a\"}]"),
             std::string("{}"),
             std::string("{\"iceServers\":{}}"),
             std::string("{\"iceServers\":\"turn:a\"}"),
             std::string("{\"iceServers\":[]}"),
             std::string("{\"iceServers\":[\"turn:a\"]}"),
             std::string("{\"iceServers\":[null]}"),
             std::string("{\"iceServers\":[{}]}"),
             std::string("{\"iceServers\":[[]]}"),
             servers("{\"urls\":[]}"),
             servers("{\"urls\":7}"),
             servers("{\"urls\":[7]}"),
             servers("{\"urls\":[\"stun:a\",null]}"),
             servers("{\"urls\":{\"a\":\"stun:a\"}}"),
             servers("{\"urls\":\"http://a\"}"),
             servers("{\"urls\":\"turn:a\"}"),
             servers("{\"urls\":\"turn:a\",\"username\":\"u\"}"),
             servers("{\"urls\":\"turn:a\",\"username\":\"\",\"credential\":\"p\"}"),
             servers("{\"urls\":\"turn:a\",\"username\":7,\"credential\":\"p\"}"),
             servers("{\"urls\":\"turn:a\",\"username\":\"u\",\"credential\":[\"p\"]}"),
             servers("{\"urls\":\"turn:a\",\"username\":\"u\\r\\nX: y\",\"credential\":\"p\"}"),
             servers("{\"urls\":\"turn:a\",\"username\":\"u\",\"credential\":\"\\u0007\"}"),
             servers("{\"urls\":\"turn:a\",\"username\":\"\\u00e4\",\"credential\":\"p\"}"),
             servers("{\"urls\":\"turn:a\\u0000b\\n\",\"username\":\"u\",\"credential\":\"p\"},7"),
             servers("{\"urls\":\"turn:a\",\"username\":\"" + std::string(509, 'u') +
                     "\",\"credential\":\"p\"}"),
             relayWith(",\"credentialType\":\"oauth\""),
             relayWith(",\"credentialType\":1"),
             std::string(R"({"iceServers":[{"urls":"stun:a"}],"iceTransportPolicy":"none"})"),
             std::string(R"({"iceServers":[{"urls":"stun:a"}],"iceTransportPolicy":["relay"]})"),
             std::string(R"({"iceServers":[{"urls":"stun:a"}],"ttl":"3600"})"),
             std::string(R"({"iceServers":[{"urls":"stun:a"}],"ttl":3600.5})"),
             std::string(R"({"uris":["turn:a"]})"),
             std::string(R"({"uris":[],"username":"u","password":"p"})"),
             std::string(R"({"uris":"","username":"u","password":"p"})"),
             std::string(R"({"iceServers":[{"urls":"stun:a"}]} {"iceServers":[]})"),
             std::string(R"({"iceServers":[{"urls":"stun:a"}]} /* more */)"),
             std::string("{\"iceServers\":[{\"urls\":\"stun:\xff\"}]}"),
             std::string("{\"iceServers\":[{\"urls\":\"stun:a\"}]}\0", 36),
             std::string(60'000, '['),
             "{\"iceServers\":" + std::string(30'000, '[') + std::string(30'000, ']') + "}",
             "{\"iceServers\":[" + std::string(20'000, '{') + "]}",
         }) {
        INFO(text.substr(0, 200));
        const auto answer = read(text);
        REQUIRE_FALSE(answer);
        CHECK(answer.error().problem == base::Problem::Unavailable);
        CHECK(answer.error().message.starts_with("its answer "));
        CHECK(answer.error().message.size() < 250);
    }
}

TEST_CASE("no more servers and addresses than a browser can use") {
    const auto many = [](int count, const std::string& item) {
        std::string list = item;
        for (int i = 1; i < count; ++i) {
            list += "," + item;
        }
        return list;
    };
    CHECK(read(servers(many(16, R"({"urls":"stun:a"})"))));
    CHECK_FALSE(read(servers(many(17, R"({"urls":"stun:a"})"))));
    CHECK(read(servers("{\"urls\":[" + many(16, "\"stun:a\"") + "]}")));
    CHECK_FALSE(read(servers("{\"urls\":[" + many(17, "\"stun:a\"") + "]}")));
}

TEST_CASE("a complaint never quotes credentials") {
    CHECK(complaint(
              servers(R"({"urls":"turn:a","username":"hush\u0001","credential":"secret\u0001"})"))
              .find("secret") == std::string::npos);
}

TEST_CASE("somebody else's words in a message") {
    CHECK(quotable("out of  order\r\n\tuntil noon \n") == "out of order until noon");
    CHECK(quotable("") == "");
    CHECK(quotable("\x1b[31mred\x07") == "[31mred");
    CHECK(quotable("a\xff"
                   "b") == "a\xef\xbf\xbd"
                           "b");
    CHECK(quotable("<html><head><title>502 Bad Gateway</title></head><body bgcolor=\"white\">"
                   "<h1>502 Bad Gateway</h1></body></html>") == "502 Bad Gateway 502 Bad Gateway");
    CHECK(quotable("1 < 2") == "1 < 2");
    CHECK(quotable("evil \xe2\x80\xae live") == "evil live"); // right-to-left override
    const std::string cut = quotable(std::string(100'000, 'x'));
    CHECK(cut.size() <= 203);
    CHECK(cut.ends_with("…"));
    std::string umlauts;
    for (int i = 0; i < 1000; ++i) {
        umlauts += "ä";
    }
    CHECK(quotable(umlauts).size() <= 203);
}
