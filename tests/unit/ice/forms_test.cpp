#include "gateway/ice/ice_server.h"

#include <catch2/catch.hpp>

using ice::IceConfiguration;
using ice::Policy;

TEST_CASE("the configuration as pages read it") {
    IceConfiguration configuration;
    CHECK(toJson(configuration) == "{\"iceServers\":[],\"iceTransportPolicy\":\"all\"}\n");
    configuration.servers = {{{"stun:a.example"}, "", ""},
                             {{"turn:b.example?transport=udp", "turns:b.example"},
                              "1700003600:0123456789abcdef",
                              "PvyDn7TnL0MqkgdqmrH1jjvMITo="}};
    configuration.policy = Policy::Relay;
    configuration.ttl = std::chrono::seconds(3600);
    CHECK(toJson(configuration) ==
          "{\"iceServers\":[{\"urls\":[\"stun:a.example\"]},"
          "{\"urls\":[\"turn:b.example?transport=udp\",\"turns:b.example\"],"
          "\"username\":\"1700003600:0123456789abcdef\","
          "\"credential\":\"PvyDn7TnL0MqkgdqmrH1jjvMITo=\"}],"
          "\"iceTransportPolicy\":\"relay\",\"ttl\":3600}\n");
    configuration.servers = {{{"turn:b"}, "quo\"te", "back\\slash"}};
    CHECK(toJson(configuration).find(R"("username":"quo\"te","credential":"back\\slash")") !=
          std::string::npos);
}

TEST_CASE("a Link for each address, with credentials for relays only") {
    IceConfiguration configuration;
    configuration.servers = {
        {{"stun:a.example"}, "", ""},
        {{"stun:b.example", "turn:b.example?transport=udp", "turns:[2001:db8::1]:5349"},
         "u:1",
         "p="},
    };
    const std::string rest = "; rel=\"ice-server\"; username=\"u:1\"; credential=\"p=\"; "
                             "credential-type=\"password\"";
    CHECK(toLinks(configuration) ==
          std::vector<std::string>{
              "<stun:a.example>; rel=\"ice-server\"", "<stun:b.example>; rel=\"ice-server\"",
              "<turn:b.example?transport=udp>" + rest, "<turns:[2001:db8::1]:5349>" + rest});
}

TEST_CASE("credentials are escaped in a Link") {
    IceConfiguration configuration;
    configuration.servers = {{{"turn:a"}, "x\"; rel=\"evil", "\\"}};
    const std::string expected = R"(<turn:a>; rel="ice-server"; username="x\"; rel=\"evil"; )"
                                 R"(credential="\\"; credential-type="password")";
    CHECK(toLinks(configuration) == std::vector<std::string>{expected});
}

TEST_CASE("Links stay within what proxies take") {
    IceConfiguration configuration;
    for (int i = 0; i < 16; ++i) {
        configuration.servers.push_back(
            {std::vector<std::string>(16, "turn:relay.example:3478?transport=udp"),
             std::string(100, 'u'), std::string(100, 'p')});
    }
    const auto links = toLinks(configuration);
    std::size_t bytes = 0;
    for (const std::string& link : links) {
        bytes += link.size() + 8;
    }
    CHECK(links.size() > 5);
    CHECK(bytes <= 3072);

    // Sixteen usual ones fit.
    configuration.servers = {{std::vector<std::string>(16, "turn:relay.example:3478?transport=udp"),
                              "1700003600:0123456789abcdef", "PvyDn7TnL0MqkgdqmrH1jjvMITo="}};
    CHECK(toLinks(configuration).size() == 16);
}
