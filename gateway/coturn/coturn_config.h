#pragma once

#include <string>
#include <vector>

namespace coturn {

/// What our own coturn runs with. A value.
struct CoturnSettings {
    std::vector<std::string> addresses; ///< where it listens, UDP and TCP; numeric, never "any"
    int port = 0;
    std::string mediaAddress; ///< 127.a.b.c, the one peer that it relays to
    std::string mediaAlias;   ///< by which clients call it
    std::string relayAddress; ///< where it relays from
    std::string secret;       ///< hexadecimal, as the realm: neither needs quoting
    std::string realm;
};

/// The text of its configuration file (coturn 4.6): a relay for holders of credentials made with
/// the secret, which reaches nothing but the media address. Reentrant.
[[nodiscard]] std::string configText(const CoturnSettings& settings);

/// Sets media address and alias, at random. The address is 127.a.b.c with a of 64 to 254: nobody
/// listens there who was told an address. The alias is of TEST-NET-2, which leads nowhere (RFC
/// 5737): publishers also try it without the relay. Firefox (153) needs it: it takes no relayed
/// address of the loopback, and from another none to a candidate of the loopback.
void chooseMediaAddress(CoturnSettings& settings);
/// From which of `addresses` to relay: one that Firefox takes, where there is one.
[[nodiscard]] std::string relayAddressOf(const std::vector<std::string>& addresses);
/// 256 random bits, in hexadecimal.
[[nodiscard]] std::string randomSecret();

} // namespace coturn
