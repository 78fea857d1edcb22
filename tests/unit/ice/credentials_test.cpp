#include "gateway/ice/credentials.h"

#include <catch2/catch.hpp>

using ice::makeCredentials;

namespace {

std::chrono::sys_seconds at(std::int64_t seconds) {
    return std::chrono::sys_seconds(std::chrono::seconds(seconds));
}

} // namespace

// printf '1700003600:0123456789abcdef' | openssl dgst -sha1 -hmac logen -binary | base64
TEST_CASE("names and passwords are those that coturn computes") {
    const auto made = makeCredentials("logen", at(1'700'003'600), "0123456789abcdef");
    CHECK(made.username == "1700003600:0123456789abcdef");
    CHECK(made.password == "PvyDn7TnL0MqkgdqmrH1jjvMITo=");
}

TEST_CASE("a secret longer than a block of the hash") {
    const auto made = makeCredentials(
        "a long secret, longer than the sixty-four bytes of a block of SHA-1, is hashed first",
        at(2'000'000'000), "a");
    CHECK(made.username == "2000000000:a");
    CHECK(made.password == "m2F0xKPmwfy495bTrGTYboIraf4=");
}
