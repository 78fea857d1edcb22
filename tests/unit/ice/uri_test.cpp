#include "gateway/ice/ice_uri.h"

#include <catch2/catch.hpp>

using ice::IceUri;

TEST_CASE("addresses of servers are taken apart and printed") {
    const auto turn = IceUri::parse("turn:relay.example.org:3479?transport=tcp");
    REQUIRE(turn);
    CHECK(turn->scheme == IceUri::Scheme::Turn);
    CHECK(turn->host == "relay.example.org");
    CHECK(turn->port == 3479);
    CHECK(turn->transport == IceUri::Transport::Tcp);
    CHECK((turn->relays() && !turn->secure()));

    const auto turns = IceUri::parse("turns:[2001:db8::1]");
    REQUIRE(turns);
    CHECK(turns->host == "2001:db8::1");
    CHECK(turns->port == 0);
    CHECK(turns->portOrDefault() == 5349);
    CHECK(turns->transportOrDefault() == IceUri::Transport::Tcp);

    const auto stun = IceUri::parse("stun:192.0.2.7");
    REQUIRE(stun);
    CHECK_FALSE(stun->relays());
    CHECK(stun->portOrDefault() == 3478);
    CHECK(stun->transportOrDefault() == IceUri::Transport::Udp);

    for (const char* text :
         {"stun:a", "stuns:a.example:5349", "turn:a-b_c.example:1", "turn:192.0.2.1:65535",
          "turns:a?transport=tcp", "turn:[::1]:3478?transport=udp", "turn:[2001:db8::1]"}) {
        INFO(text);
        const auto uri = IceUri::parse(text);
        REQUIRE(uri);
        CHECK(uri->print() == text);
    }
    CHECK(IceUri::parse("TURN:Relay.Example?TRANSPORT=UDP")->print() ==
          "turn:relay.example?transport=udp");
}

TEST_CASE("what is no address of a server") {
    for (const char* text : {"",
                             "turn",
                             "turn:",
                             "turn::",
                             "turn:a:",
                             "turn:a:0",
                             "turn:a:65536",
                             "turn:a:-1",
                             "turn:a:+1",
                             "turn:a:1x",
                             "turn:a:1:2",
                             "turn://a:3478",
                             "http://a",
                             "turn:a b",
                             "turn:a>b",
                             "turn:a;b",
                             "turn:a\"b",
                             "turn:a\r\nb",
                             "turn:a\x01",
                             "turn:user@a",
                             "turn:a/b",
                             "turn:a#b",
                             "turn:.a",
                             "turn:-a",
                             "turn:[::1",
                             "turn:[]",
                             "turn:[a]:1",
                             "turn:[127.0.0.1]:1",
                             "turn:[::1]x",
                             "turn:[fe80::1%eth0]",
                             "turn:::1",
                             "turn:a?",
                             "turn:a?transport=",
                             "turn:a?transport=tls",
                             "turn:a?transport=udp&x=y",
                             "turn:a?x=y",
                             "stun:a?transport=udp",
                             " turn:a",
                             "turn:a ",
                             "turn:\xc3\xa4.example",
                             "turn:a%20b"}) {
        INFO(text);
        const auto uri = IceUri::parse(text);
        REQUIRE_FALSE(uri);
        CHECK(uri.error().message.starts_with("must "));
    }
    CHECK_FALSE(IceUri::parse("turn:" + std::string(400, 'a')));
    CHECK_FALSE(IceUri::parse("turn:" + std::string(254, 'a')));
    CHECK_FALSE(IceUri::parse(std::string_view("turn:a\0b", 8)));
}

TEST_CASE("IPv6 addresses get brackets") {
    CHECK(ice::hostAndPort("127.0.0.1", 1) == "127.0.0.1:1");
    CHECK(ice::hostAndPort("::1", 3478) == "[::1]:3478");
    CHECK(ice::hostAndPort("[::1]", 3478) == "[::1]:3478");
    CHECK(ice::hostAndPort("live.example.org", 3478) == "live.example.org:3478");
}
