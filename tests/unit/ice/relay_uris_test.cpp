#include "gateway/ice/ice_server.h"

#include <catch2/catch.hpp>

using namespace ice;

TEST_CASE("webrtcbin gets the relays that it can use, with percent-encoded credentials") {
    IceConfiguration configuration;
    configuration.servers = {
        {{"stun:stun.example.org"}, "", ""},
        {{"turn:turn.example.org?transport=udp", "turn:turn.example.org:443?transport=tcp",
          "turns:turn.example.org?transport=tcp"},
         "1795000000:00ff",
         "a+b/c="},
        {{"turn:[2001:db8::7]:3479"}, "us@er", "p:w"},
    };
    CHECK(urisForWebrtcbin(configuration) ==
          std::vector<std::string>{
              "turn://1795000000%3A00ff:a%2Bb%2Fc%3D@turn.example.org:3478?transport=udp",
              "turn://1795000000%3A00ff:a%2Bb%2Fc%3D@turn.example.org:443?transport=tcp",
              "turn://us%40er:p%3Aw@[2001:db8::7]:3479?transport=udp"});
    CHECK(urisForWebrtcbin({}).empty());
}
