#include "gateway/streams/names.h"
#include "gateway/streams/ports.h"
#include "pipelines/base/unique.h"

#include <catch2/catch.hpp>
#include <netinet/in.h>
#include <string>
#include <sys/socket.h>

using streams::Ports;

namespace {

/// A range that nobody uses while this runs, found by asking for a free port.
int freePort() {
    return 40000 + ::getpid() % 500 * 40;
}

base::UniqueFd bound(int port) {
    base::UniqueFd fd(::socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0));
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    address.sin_port = htons(static_cast<std::uint16_t>(port));
    REQUIRE(::bind(fd.get(), reinterpret_cast<sockaddr*>(&address), sizeof address) == 0);
    return fd;
}

} // namespace

TEST_CASE("stream names") {
    for (const char* name : {"a", "demo", "A-b_9", "0"}) {
        CHECK(streams::validName(name));
    }
    CHECK(streams::validName(std::string(64, 'x')));
    for (const std::string& name :
         {std::string(), std::string("-a"), std::string("_a"), std::string("a.b"),
          std::string(".."), std::string("a/b"), std::string("a\0b", 3), std::string(65, 'x'),
          std::string("ä"), std::string("a b")}) {
        CHECK_FALSE(streams::validName(name));
    }
}

TEST_CASE("ports are even, different, and inside the range") {
    const int first = freePort();
    Ports ports(first + 1, first + 8); // pairs: +2, +4, +6
    CHECK(ports.allot() == first + 2);
    CHECK(ports.allot() == first + 4);
    CHECK(ports.allot() == first + 6);
    CHECK_FALSE(ports.allot());
    ports.release(first + 4);
    CHECK(ports.allot() == first + 4);
}

TEST_CASE("a port that a program has bound is not given, nor one whose RTCP port is") {
    const int first = freePort();
    const auto rtp = bound(first);
    const auto rtcp = bound(first + 3);
    Ports ports(first, first + 99);
    CHECK(ports.allot() == first + 4);
}

TEST_CASE("a stream gets its ports again, though its player still listens") {
    const int first = freePort();
    Ports ports(first, first + 99);
    CHECK(ports.allot() == first);
    ports.release(first);
    const auto player = bound(first);
    CHECK(ports.allot(first) == first);
    CHECK(ports.allot(first) == first + 2); // another has it
}
