#include "gateway/coturn/embedded_relay.h"

#include <catch2/catch.hpp>

using namespace coturn;
using Texts = std::vector<std::string>;

namespace {

const ice::Inquiry kHere{"demo", "localhost", true};
const ice::Inquiry kElsewhere{"demo", "live.example.org", false};

Texts both(const std::string& place) {
    return {"turn:" + place + "?transport=udp", "turn:" + place + "?transport=tcp"};
}

} // namespace

TEST_CASE("a client on this machine is told the loopback, where the relay listens there") {
    CHECK(urlsFor({{"127.0.0.1"}, 4000, ""}, kHere) == both("127.0.0.1:4000"));
    CHECK(urlsFor({{"192.0.2.7", "127.0.0.1"}, 4000, "203.0.113.7"}, kHere) ==
          both("127.0.0.1:4000"));
    CHECK(urlsFor({{"::1"}, 4000, ""}, kHere) == both("[::1]:4000"));
    CHECK(urlsFor({{"192.0.2.7"}, 4000, ""}, kHere) == both("192.0.2.7:4000"));
}

TEST_CASE("a client elsewhere is told what it can reach, or nothing") {
    CHECK(urlsFor({{"127.0.0.1", "::1"}, 4000, ""}, kElsewhere).empty());
    CHECK(urlsFor({{"127.0.0.1"}, 4000, "203.0.113.7"}, kElsewhere).empty());
    CHECK(urlsFor({{"192.0.2.7"}, 4000, ""}, kElsewhere) == both("192.0.2.7:4000"));
    CHECK(urlsFor({{"192.0.2.7"}, 4000, "203.0.113.7"}, kElsewhere) == both("203.0.113.7:4000"));
    CHECK(urlsFor({{"2001:db8::7"}, 4000, ""}, kElsewhere) == both("[2001:db8::7]:4000"));
}

TEST_CASE("of several addresses a client elsewhere takes the one by which it found us") {
    const RelayPlace place{{"127.0.0.1", "192.0.2.7", "10.0.0.7"}, 3478, ""};
    CHECK(urlsFor(place, kElsewhere) == both("live.example.org:3478"));
    CHECK(urlsFor(place, {"demo", "2001:db8::7", false}) == both("[2001:db8::7]:3478"));
    CHECK(urlsFor({place.addresses, 3478, "203.0.113.7"}, kElsewhere) == both("203.0.113.7:3478"));
    CHECK(urlsFor(place, {"demo", "", false}).empty());
}
