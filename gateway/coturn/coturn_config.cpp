#include "gateway/coturn/coturn_config.h"

#include "pipelines/base/ip_address.h"
#include "pipelines/base/random.h"

#include <algorithm>
#include <cstdint>

namespace coturn {

namespace {

/// What a browser allocates for one publish: for each of its addresses and each transport, and once
/// more when it tries again with the same credentials.
constexpr int kAllocationsOfUser = 40;
constexpr int kAllocations = 2000;

} // namespace

std::string configText(const CoturnSettings& settings) {
    std::string text;
    const auto line = [&text](const std::string& key, const std::string& value) {
        text += key + "=" + value + "\n";
    };
    for (const std::string& address : settings.addresses) {
        line("listening-ip", address);
    }
    line("listening-port", std::to_string(settings.port));
    line("relay-ip", settings.relayAddress);
    line("external-ip", settings.mediaAlias + "/" + settings.mediaAddress);

    // It filters peers by address: none but the pipelines. UDP only.
    line("denied-peer-ip", "0.0.0.0-255.255.255.255");
    line("denied-peer-ip", "::-ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff");
    line("allowed-peer-ip", settings.mediaAddress);
    text += "allow-loopback-peers\n" // of which only that one is left
            "no-multicast-peers\n"
            "no-tcp-relay\n";

    line("static-auth-secret", settings.secret);
    line("realm", settings.realm);
    line("user-quota", std::to_string(kAllocationsOfUser));
    line("total-quota", std::to_string(kAllocations));
    text += "use-auth-secret\n"
            "fingerprint\n"
            "no-software-attribute\n"

            // Nothing else listens, and the system's own database of users and secrets counts for
            // nothing.
            "no-tls\n"
            "no-dtls\n"
            "no-cli\n"
            "no-rfc5780\n" // or the next port would be opened too
            "no-stun-backward-compatibility\n"
            "userdb=:memory:\n"
            "no-auth-pings\n"
            "no-dynamic-ip-list\n"
            "no-dynamic-realms\n"
            "relay-threads=1\n";
    return text;
}

void chooseMediaAddress(CoturnSettings& settings) {
    constexpr unsigned kFirst = 64;
    constexpr unsigned kLast = 254;
    const std::string bytes = base::randomBytes(8);
    const auto number = [&](std::size_t at, unsigned least, unsigned most) {
        return least + (static_cast<std::uint8_t>(bytes[at]) |
                        static_cast<unsigned>(static_cast<std::uint8_t>(bytes[at + 1])) << 8U) %
                           (most - least + 1);
    };
    settings.mediaAddress = "127." + std::to_string(number(0, kFirst, kLast)) + "." +
                            std::to_string(number(2, 0, 255)) + "." +
                            std::to_string(number(4, 1, 254));
    settings.mediaAlias = "198.51.100." + std::to_string(number(6, 1, 254));
}

std::string relayAddressOf(const std::vector<std::string>& addresses) {
    const auto chosen =
        std::find_if(addresses.begin(), addresses.end(), [](const std::string& address) {
            return address.find(':') == std::string::npos && !base::isLoopback(address);
        });
    return chosen != addresses.end() ? *chosen : "127.0.0.1";
}

std::string randomSecret() {
    return base::randomHex(32);
}

} // namespace coturn
