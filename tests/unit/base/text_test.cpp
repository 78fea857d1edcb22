#include "pipelines/base/hex.h"
#include "pipelines/base/ip_address.h"
#include "pipelines/base/random.h"
#include "pipelines/base/time_text.h"

#include <catch2/catch.hpp>
#include <set>

using namespace std::chrono_literals;

TEST_CASE("bytes as hexadecimal digits and back") {
    const std::string bytes("\x00\x7f\x80\xff\x0a", 5);
    CHECK(base::hex(bytes) == "007f80ff0a");
    CHECK(base::hex("") == "");
    CHECK(base::fingerprint(bytes) == "00:7F:80:FF:0A");
    CHECK(base::fromHex("007f80FF0a") == std::vector<std::uint8_t>{0, 0x7f, 0x80, 0xff, 0x0a});
    CHECK(base::fromHex("") == std::vector<std::uint8_t>{});
    for (const char* text : {"0", "123", "0g", "g0", "0x", " 0", "1\xc3", "@0", "`0", "-1"}) {
        CHECK_FALSE(base::fromHex(text));
    }
}

TEST_CASE("random bytes do not repeat") {
    std::set<std::string> seen;
    for (int i = 0; i < 1000; ++i) {
        const std::string text = base::randomHex(8);
        CHECK(text.size() == 16);
        CHECK(text.find_first_not_of("0123456789abcdef") == std::string::npos);
        CHECK(seen.insert(text).second);
    }
    CHECK(base::randomBytes(0).empty());
    CHECK(base::randomBytes(1000).size() == 1000);
}

TEST_CASE("loopback addresses are known in every spelling") {
    for (const char* address : {"127.0.0.1", "127.77.8.9", "127.255.255.255", "::1",
                                "0:0:0:0:0:0:0:1", "::ffff:127.0.0.1", "::FFFF:7f00:1"}) {
        INFO(address);
        CHECK(base::isLoopback(address));
    }
    for (const char* address : {"192.0.2.7", "128.0.0.1", "2001:db8::7", "::", "::ffff:192.0.2.7",
                                "::127.0.0.1", "localhost", "127.1", "127.0.0.1.example", ""}) {
        INFO(address);
        CHECK_FALSE(base::isLoopback(address));
    }
}

TEST_CASE("times as text") {
    const base::WallTime time =
        std::chrono::sys_days(std::chrono::year(2026) / 11 / 20) + 10h + 15min + 123ms;
    CHECK(base::rfc3339(time) == "2026-11-20T10:15:00.123Z");
    CHECK(base::rfc3339(time + 999us) == "2026-11-20T10:15:00.123Z");
    CHECK(base::rfc3339(base::WallTime(-1ns)) == "1969-12-31T23:59:59.999Z");
    CHECK(base::basicTime(time) == "20261120T101500.123Z");
    CHECK(base::parseBasicTime("20261120T101500.123Z") == time);
}

TEST_CASE("every millisecond is read as it was written") {
    const base::WallTime start = std::chrono::sys_days(std::chrono::year(2026) / 2 / 28) + 86'399s;
    for (int i = 0; i < 2000; ++i) {
        const base::WallTime time = start + base::Milliseconds(i);
        if (base::parseBasicTime(base::basicTime(time)) != time) {
            FAIL(base::basicTime(time));
        }
    }
}

TEST_CASE("other text is no time") {
    for (const char* text : {"",
                             "20261120",
                             "20261120T101500Z",
                             "20261120T101500.12Z",
                             "20261120T101500.1234Z",
                             "20261120T101500.123",
                             "20261120T101500.123z",
                             "20261120t101500.123Z",
                             "20261120T101500,123Z",
                             "2026-11-20T10:15:00.123Z",
                             "20261120T101500.123+00",
                             "20261320T101500.123Z",
                             "20260230T101500.123Z",
                             "20261120T241500.123Z",
                             "20261120T106000.123Z",
                             "20261120T101560.123Z",
                             "19691231T235959.999Z",
                             "22620101T000000.000Z",
                             "99991231T235959.999Z",
                             " 20261120T101500.123Z",
                             "20261120T101500.123Z ",
                             "2026112011T01500.123Z"}) {
        INFO(text);
        CHECK_FALSE(base::parseBasicTime(text));
    }
}
