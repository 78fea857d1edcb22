#include "pipelines/ingest/ice_agent.h"

#include <catch2/catch.hpp>

using ingest::hostAddresses;
using ingest::IceConfig;
using Texts = std::vector<std::string>;

namespace {

const std::vector<base::LocalAddress> kLocal{{"lo", "127.0.0.1", false, true},
                                             {"lo", "::1", true, true},
                                             {"eth0", "192.0.2.7", false, false},
                                             {"eth0", "2001:db8::7", true, false},
                                             {"docker0", "172.17.0.1", false, false}};

} // namespace

TEST_CASE("publishers reach all addresses but those of the loopback") {
    CHECK(hostAddresses({}, kLocal) == Texts{"192.0.2.7", "2001:db8::7", "172.17.0.1"});
    CHECK(hostAddresses({}, {}).empty());
}

TEST_CASE("a publisher on this machine reaches the loopback too") {
    CHECK(hostAddresses({.loopback = true}, kLocal) ==
          Texts{"192.0.2.7", "2001:db8::7", "172.17.0.1", "127.0.0.1"});
    CHECK(hostAddresses({.interfaces = {"lo"}, .loopback = true}, kLocal) ==
          Texts{"127.0.0.1", "::1"});
}

TEST_CASE("interfaces are chosen by name or address") {
    CHECK(hostAddresses({.interfaces = {"eth0"}}, kLocal) == Texts{"192.0.2.7", "2001:db8::7"});
    CHECK(hostAddresses({.interfaces = {"172.17.0.1", "eth0"}}, kLocal) ==
          Texts{"192.0.2.7", "2001:db8::7", "172.17.0.1"});
    CHECK(hostAddresses({.interfaces = {"eth0"}, .ipv6 = false}, kLocal) == Texts{"192.0.2.7"});
    CHECK(hostAddresses({.interfaces = {"eth1"}}, kLocal).empty());
}

TEST_CASE("without IPv6 no address is of it") {
    CHECK(hostAddresses({.ipv6 = false}, kLocal) == Texts{"192.0.2.7", "172.17.0.1"});
}

TEST_CASE("the media address comes last, whatever is chosen") {
    CHECK(hostAddresses({.interfaces = {"docker0"}, .loopback = true, .mediaAddress = "127.77.8.9"},
                        kLocal) == Texts{"172.17.0.1", "127.0.0.1", "127.77.8.9"});
}

TEST_CASE("what is missing is named") {
    CHECK(ingest::whyUnreachable({.interfaces = {"eth77"}}) ==
          "none of [ice] interfaces (eth77) has an address now");
    const std::string full =
        ingest::whyUnreachable({.firstPort = 40000, .lastPort = 40007, .loopback = true});
    CHECK(full.find("40000-40007") != std::string::npos);
}
