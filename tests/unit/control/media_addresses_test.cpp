#include "pipelines/control/media_addresses.h"

#include <catch2/catch.hpp>

using control::IceSettings;
using control::MediaAddress;
using Texts = std::vector<std::string>;

namespace {

const std::vector<base::LocalAddress> kLocal{{"lo", "127.0.0.1", false, true},
                                             {"lo", "::1", true, true},
                                             {"eth0", "192.0.2.7", false, false},
                                             {"eth0", "2001:db8::7", true, false},
                                             {"docker0", "172.17.0.1", false, false}};

Texts bound(const IceSettings& ice, bool loopback = false) {
    Texts addresses;
    for (const MediaAddress& address : control::mediaAddresses(ice, kLocal, loopback)) {
        addresses.push_back(address.bound);
    }
    return addresses;
}

} // namespace

TEST_CASE("publishers reach all addresses but those of the loopback") {
    CHECK(bound({}) == Texts{"192.0.2.7", "2001:db8::7", "172.17.0.1"});
    CHECK(control::mediaAddresses({}, {}, false).empty());
}

TEST_CASE("a publisher on this machine reaches the loopback too") {
    CHECK(bound({}, true) == Texts{"192.0.2.7", "2001:db8::7", "172.17.0.1", "127.0.0.1"});
    CHECK(bound({.interfaces = {"lo"}}, true) == Texts{"127.0.0.1", "::1"});
}

TEST_CASE("interfaces are chosen by name or address") {
    CHECK(bound({.interfaces = {"eth0"}}) == Texts{"192.0.2.7", "2001:db8::7"});
    CHECK(bound({.interfaces = {"172.17.0.1", "eth0"}}) ==
          Texts{"192.0.2.7", "2001:db8::7", "172.17.0.1"});
    CHECK(bound({.interfaces = {"eth0"}, .ipv6 = false}) == Texts{"192.0.2.7"});
    CHECK(bound({.interfaces = {"eth1"}}).empty());
}

TEST_CASE("without IPv6 no address is of it") {
    CHECK(bound({.ipv6 = false}) == Texts{"192.0.2.7", "172.17.0.1"});
}

TEST_CASE("the media address comes last, whatever is chosen") {
    CHECK(bound({.interfaces = {"docker0"}, .mediaAddress = "127.77.8.9"}, true) ==
          Texts{"172.17.0.1", "127.0.0.1", "127.77.8.9"});
}

TEST_CASE("a public address and an alias are announced instead") {
    const std::vector<MediaAddress> expected{{"192.0.2.7", "198.51.100.1"},
                                             {"2001:db8::7", "2001:db8::7"},
                                             {"127.0.0.1", "127.0.0.1"},
                                             {"127.77.8.9", "203.0.113.5"}};
    CHECK(control::mediaAddresses({.interfaces = {"eth0"},
                                   .publicAddress = "198.51.100.1",
                                   .mediaAddress = "127.77.8.9",
                                   .mediaAlias = "203.0.113.5"},
                                  kLocal, true) == expected);
}
