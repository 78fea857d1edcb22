#include "gateway/streams/destinations.h"

#include <catch2/catch.hpp>
#include <optional>

using base::Problem;
using streams::checkReceiver;
using Allowed = std::vector<std::string>;

namespace {

std::optional<Problem> refusal(const Allowed& allowed, const std::string& host, int port = 5004) {
    const auto result = checkReceiver(host, port, 4, allowed);
    return result ? std::nullopt : std::optional(result.error().problem);
}

} // namespace

TEST_CASE("loopback is always allowed, in any spelling") {
    CHECK(checkReceiver("127.0.0.1", 5004, 4, {}) == std::string("127.0.0.1"));
    CHECK(checkReceiver("localhost", 5004, 4, {}) == std::string("127.0.0.1"));
    CHECK(checkReceiver("::1", 5004, 4, {}) == std::string("::1"));
    CHECK(checkReceiver("::ffff:127.0.0.1", 5004, 4, {}) == std::string("127.0.0.1"));
    CHECK(checkReceiver("127.8.8.8", 65532, 4, {}).has_value());
}

TEST_CASE("other hosts only as the settings say") {
    const Allowed none;
    CHECK(refusal(none, "192.0.2.7") == Problem::Forbidden);
    const Allowed some{"192.0.2.0/24", "2001:db8::5"};
    CHECK_FALSE(refusal(some, "192.0.2.7"));
    CHECK_FALSE(refusal(some, "::ffff:192.0.2.7"));
    CHECK_FALSE(refusal(some, "2001:db8::5"));
    CHECK(refusal(some, "192.0.3.7") == Problem::Forbidden);
    CHECK(refusal(some, "2001:db8::6") == Problem::Forbidden);
}

TEST_CASE("never to everyone, and only to addresses") {
    const Allowed all{"0.0.0.0/0", "::/0"};
    for (const char* host :
         {"255.255.255.255", "::ffff:255.255.255.255", "239.1.2.3", "ff02::1", "0.0.0.0",
          "::", "fe80::1", "fe80::1%lo", "example.org", "", "1.2.3", "127.1", "0x7f000001"}) {
        INFO(host);
        CHECK(refusal(all, host) == Problem::Unprocessable);
    }
}

TEST_CASE("ports are even and not those of system services") {
    for (const int port : {-2, 0, 80, 1022, 1023, 5005, 65534, 70000}) {
        INFO(port);
        CHECK(refusal({}, "127.0.0.1", port) == Problem::Unprocessable);
    }
    CHECK_FALSE(refusal({}, "127.0.0.1", 1024));
}

TEST_CASE("the address that a receiver sees as the sender") {
    CHECK(streams::senderTowards("127.0.0.1") == "127.0.0.1");
    CHECK_FALSE(streams::senderTowards("nonsense").empty());
}
