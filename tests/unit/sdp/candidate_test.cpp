#include "sdp/candidate.h"

#include "sample.h"

#include <catch2/catch.hpp>

using namespace sdp;

namespace {

bool usable(const std::string& transport, const std::string& address, int port = 9999) {
    const auto candidate = Candidate::parse("1 1 " + transport + " 1 " + address + ' ' +
                                            std::to_string(port) + " typ host");
    REQUIRE(candidate);
    return candidate->isUsable();
}

} // namespace

TEST_CASE("A candidate is parsed and printed") {
    const auto candidate = Candidate::parse(
        "candidate:842163049 1 UDP 1677729535 198.51.100.7 46154 typ srflx raddr 10.0.0.1 rport 5 "
        "generation 0");
    REQUIRE(candidate);
    CHECK(candidate->foundation == "842163049");
    CHECK(candidate->transport == "udp");
    CHECK(candidate->priority == 1677729535);
    CHECK(candidate->address == "198.51.100.7");
    CHECK(candidate->port == 46154);
    CHECK(candidate->type == "srflx");
    CHECK(candidate->isUsable());
    CHECK(candidate->print() == "842163049 1 udp 1677729535 198.51.100.7 46154 typ srflx raddr "
                                "10.0.0.1 rport 5 generation 0");
}

TEST_CASE("Candidates that lead nowhere are valid and unusable") {
    CHECK(usable("UDP", "192.0.2.1"));
    CHECK(usable("udp", "127.0.0.1"));
    CHECK(usable("udp", "2001:db8::1"));
    CHECK_FALSE(usable("tcp", "192.0.2.1"));
    CHECK_FALSE(usable("carrier-pigeon", "192.0.2.1"));
    CHECK_FALSE(usable("udp", "c672a359-025b-456c-b558-174ba7d10ed5.local"));
    CHECK_FALSE(usable("udp", "example.org"));
    CHECK_FALSE(usable("udp", "192.0.2.1", 0));
    CHECK_FALSE(usable("udp", "0.0.0.0"));
    CHECK_FALSE(usable("udp", "::"));
    CHECK_FALSE(usable("udp", "239.1.2.3"));
    CHECK_FALSE(usable("udp", "255.255.255.255"));
    CHECK_FALSE(usable("udp", "ff02::1"));
    CHECK_FALSE(usable("udp", "fe80::1"));
    CHECK_FALSE(usable("udp", "169.254.1.1"));
    CHECK_FALSE(Candidate::parse("1 2 udp 1 192.0.2.1 9 typ host")->isUsable());
}

TEST_CASE("What is not a candidate") {
    for (const auto* text :
         {"", "candidate:", "1", "1 1 udp 1 192.0.2.1 9", "1 1 udp 1 192.0.2.1 9 type host",
          "1 0 udp 1 192.0.2.1 9 typ host", "1 257 udp 1 192.0.2.1 9 typ host",
          "1 1 udp 4294967296 192.0.2.1 9 typ host", "1 1 udp -1 192.0.2.1 9 typ host",
          "1 1 udp 1 192.0.2.1 65536 typ host", "1 1 u\"dp 1 192.0.2.1 9 typ host",
          "123456789012345678901234567890123 1 udp 1 192.0.2.1 9 typ host",
          "1 1 udp 1 192.0.2.1 9 typ", "1 1 udp 1 192.0.2.1 9 typ host x\ny"}) {
        INFO(text);
        CHECK_FALSE(Candidate::parse(text));
    }
    CHECK_FALSE(Candidate::parse("1 1 udp 1 " + std::string(300, 'a') + " 9 typ host"));
}

TEST_CASE("What the fuzzer found") {
    // A foundation that itself began with "candidate:" was printed to another candidate.
    CHECK_FALSE(Candidate::parse(sample::read("candidates/prefix-after-space")));
}

TEST_CASE("Addresses are told apart without looking them up") {
    for (const auto* text : {"0.0.0.0", "192.0.2.255", "1.2.3.4"})
        CHECK(addressKind(text) == AddressKind::Ipv4);
    for (const auto* text : {"::", "::1", "1::", "2001:db8::1:2", "1:2:3:4:5:6:7:8",
                             "::ffff:192.0.2.1", "1:2:3:4:5:6:7::", "64:ff9b::192.0.2.33"})
        CHECK(addressKind(text) == AddressKind::Ipv6);
    for (const auto* text :
         {"", "1.2.3", "1.2.3.4.5", "1.2.3.256", "1.2.3.4 ", "01234.1.1.1", "a.b.c.d", ":",
          ":::", "1:2:3:4:5:6:7", "1:2:3:4:5:6:7:8:9", "1::2::3", "12345::", "g::1", "1.2.3.4::1",
          "::1%eth0", "1:2:3:4:5:6:7:1.2.3.4", "::1.2.3", "[::1]"}) {
        INFO(text);
        CHECK(addressKind(text) == AddressKind::NotAnAddress);
    }
    CHECK(isLinkLocal("FE80::1"));
    CHECK(isLinkLocal("febf::1"));
    CHECK_FALSE(isLinkLocal("fec0::1"));
    CHECK_FALSE(isLinkLocal("fe8::1"));
    CHECK(isMulticast("224.0.0.1"));
    CHECK_FALSE(isMulticast("223.255.255.255"));
    CHECK(isMulticast("FF15::1"));
    CHECK_FALSE(isMulticast("ff::1"));
    CHECK_FALSE(isMulticast("ff1::1"));
}
