#include "gateway/coturn/listeners.h"

#include "pipelines/base/unique.h"

#include <catch2/catch.hpp>
#include <netinet/in.h>

using namespace coturn;
using Texts = std::vector<std::string>;

namespace {

const std::vector<base::LocalAddress> kLocal{{"lo", "127.0.0.1", false, true},
                                             {"eth0", "192.0.2.7", false, false},
                                             {"lo", "::1", true, true},
                                             {"eth0", "2001:db8::7", true, false}};

base::UniqueFd bound(const std::string& address, int port, int type) {
    const auto native = nativeAddress(address, port);
    REQUIRE(native);
    base::UniqueFd socket(::socket(native->storage.ss_family, type, 0));
    REQUIRE(::bind(socket.get(), native->get(), native->length) == 0);
    return socket;
}

} // namespace

TEST_CASE("a relay listens on addresses, never on all") {
    CHECK(expand({"127.0.0.1"}, kLocal) == Texts{"127.0.0.1"});
    CHECK(expand({"localhost"}, kLocal) == Texts{"127.0.0.1", "::1"});
    CHECK(expand({"localhost"}, {kLocal[0]}) == Texts{"127.0.0.1"});
    CHECK(expand({"0.0.0.0"}, kLocal) == Texts{"127.0.0.1", "192.0.2.7"});
    CHECK(expand({"::"}, kLocal) == Texts{"127.0.0.1", "192.0.2.7", "::1", "2001:db8::7"});
    CHECK(expand({"192.0.2.7", "0.0.0.0"}, kLocal) == Texts{"192.0.2.7", "127.0.0.1"});
    CHECK(expand({"0.0.0.0"}, {}).empty());
}

TEST_CASE("a relay listens anew when it must") {
    CHECK_FALSE(outdated({"127.0.0.1"}, {"127.0.0.1"}));
    CHECK_FALSE(outdated({"127.0.0.1", "192.0.2.7"}, {"192.0.2.7", "127.0.0.1"}));
    CHECK(outdated({"127.0.0.1"}, {"127.0.0.1", "192.0.2.7"})); // the network came up after us
    CHECK_FALSE(outdated({"192.0.2.7"}, {"192.0.2.7", "172.17.0.1"}));
    CHECK(outdated({"127.0.0.1", "192.0.2.7"}, {"127.0.0.1", "192.0.2.8"})); // another network
    CHECK(outdated({"127.0.0.1", "192.0.2.7"}, {"127.0.0.1"}));
}

TEST_CASE("a port is free when nobody has it on any address over either transport") {
    const Texts both{"127.0.0.1", "127.0.0.2"};
    const auto port = findFreePort(both);
    REQUIRE(port);
    CHECK(*port > 1023);
    CHECK(checkFree(both, *port));
    SECTION("over UDP") {
        const auto taken = bound("127.0.0.2", *port, SOCK_DGRAM);
        const auto free = checkFree(both, *port);
        REQUIRE_FALSE(free);
        CHECK(free.error().message.find("UDP port " + std::to_string(*port) + " of 127.0.0.2") ==
              0);
        CHECK(checkFree({"127.0.0.1"}, *port));
    }
    SECTION("over TCP") {
        const auto taken = bound("127.0.0.1", *port, SOCK_STREAM);
        REQUIRE(::listen(taken.get(), 1) == 0);
        const auto free = checkFree(both, *port);
        REQUIRE_FALSE(free);
        CHECK(free.error().message.find("TCP port ") == 0);
    }
    SECTION("everywhere counts too") {
        const auto taken = bound("0.0.0.0", *port, SOCK_DGRAM);
        CHECK_FALSE(checkFree(both, *port));
    }
}

TEST_CASE("an address that is not ours is named") {
    const auto port = findFreePort({"192.0.2.123"});
    REQUIRE_FALSE(port);
    CHECK(port.error().message.find("192.0.2.123") != std::string::npos);
    CHECK_FALSE(findFreePort({}));
}
