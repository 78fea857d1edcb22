#include "gateway/coturn/coturn_config.h"
#include "pipelines/base/ip_address.h"
#include "sdp/candidate.h"

#include <algorithm>
#include <catch2/catch.hpp>
#include <cstdio>
#include <set>
#include <sstream>

using namespace coturn;

namespace {

std::vector<std::string> linesOf(const CoturnSettings& settings) {
    std::vector<std::string> lines;
    std::istringstream text(configText(settings));
    for (std::string line; std::getline(text, line);) {
        lines.push_back(line);
    }
    return lines;
}

const CoturnSettings kSettings{.addresses = {"127.0.0.1", "192.0.2.7", "::1"},
                               .port = 40123,
                               .mediaAddress = "127.77.8.9",
                               .mediaAlias = "198.51.100.9",
                               .relayAddress = "192.0.2.7",
                               .secret = "5ec2e7",
                               .realm = "spillway-1"};

bool has(const std::vector<std::string>& lines, const std::string& line) {
    return std::count(lines.begin(), lines.end(), line) == 1;
}

} // namespace

TEST_CASE("coturn listens on those addresses and that port alone") {
    const auto lines = linesOf(kSettings);
    CHECK(has(lines, "listening-ip=127.0.0.1"));
    CHECK(has(lines, "listening-ip=192.0.2.7"));
    CHECK(has(lines, "listening-ip=::1"));
    CHECK(has(lines, "listening-port=40123"));
    for (const char* off : {"no-tls", "no-dtls", "no-cli", "no-rfc5780"}) {
        INFO(off);
        CHECK(has(lines, off));
    }
}

TEST_CASE("coturn relays to the media address alone, and UDP alone") {
    const auto lines = linesOf(kSettings);
    CHECK(has(lines, "relay-ip=192.0.2.7"));
    CHECK(has(lines, "denied-peer-ip=0.0.0.0-255.255.255.255"));
    CHECK(has(lines, "denied-peer-ip=::-ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff"));
    CHECK(std::count_if(lines.begin(), lines.end(), [](const std::string& line) {
              return line.starts_with("allowed-peer-ip");
          }) == 1);
    CHECK(has(lines, "allowed-peer-ip=127.77.8.9"));
    // This also allows its private part as a peer: no other than this one.
    CHECK(std::count_if(lines.begin(), lines.end(), [](const std::string& line) {
              return line.starts_with("external-ip");
          }) == 1);
    CHECK(has(lines, "external-ip=198.51.100.9/127.77.8.9"));
    CHECK(has(lines, "no-tcp-relay"));
    CHECK(has(lines, "no-multicast-peers"));
}

TEST_CASE("coturn takes credentials made with the secret, and no others") {
    const auto lines = linesOf(kSettings);
    CHECK(has(lines, "use-auth-secret"));
    CHECK(has(lines, "static-auth-secret=5ec2e7"));
    CHECK(has(lines, "realm=spillway-1"));
    CHECK(has(lines, "userdb=:memory:")); // not the users of the system's own
    CHECK_FALSE(has(lines, "no-auth"));
}

TEST_CASE("the media address is our own, and has another name for publishers") {
    std::set<std::string> seen;
    for (int i = 0; i < 2000; ++i) {
        CoturnSettings settings;
        chooseMediaAddress(settings);
        INFO(settings.mediaAddress);
        unsigned a = 0;
        unsigned b = 0;
        unsigned c = 0;
        REQUIRE(std::sscanf(settings.mediaAddress.c_str(), "127.%u.%u.%u", &a, &b, &c) == 3);
        CHECK((a >= 64 && a <= 254 && b <= 255 && c >= 1 && c <= 254));
        const auto alias =
            sdp::Candidate::parse("1 1 udp 255 " + settings.mediaAlias + " 40000 typ host");
        CHECK((alias && alias->isUsable() && !base::isLoopback(settings.mediaAlias)));
        seen.insert(settings.mediaAddress);
    }
    CHECK(seen.size() > 1990);
}

TEST_CASE("it relays from an address that is not the loopback's, where it listens on one") {
    CHECK(relayAddressOf({"127.0.0.1", "2001:db8::7", "192.0.2.7", "192.0.2.8"}) == "192.0.2.7");
    CHECK(relayAddressOf({"127.0.0.1", "::1"}) == "127.0.0.1");
    CHECK(relayAddressOf({"2001:db8::7"}) == "127.0.0.1");
}

TEST_CASE("secrets differ") {
    const std::string secret = randomSecret();
    CHECK(secret.size() == 64);
    CHECK(secret.find_first_not_of("0123456789abcdef") == std::string::npos);
    CHECK(secret != randomSecret());
}
