#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

/// ICE servers that browsers are given: values, where they come from, and who asks.
namespace ice {

/// RTCIceServer. The urls are printed IceUris; servers of stun: alone have no credentials.
struct IceServer {
    std::vector<std::string> urls;
    std::string username;
    std::string credential; ///< never logged

    [[nodiscard]] bool relays() const; ///< one of the urls is turn: or turns:
};

/// Which candidates a browser may use.
enum class Policy { All, Relay };

/// RTCConfiguration, as far as servers are concerned. A value. Reentrant.
struct IceConfiguration {
    std::vector<IceServer> servers;
    Policy policy = Policy::All;
    std::optional<std::chrono::seconds> ttl; ///< after which credentials are void; none: they stay

    [[nodiscard]] bool relays() const;
};

/// {"iceServers":[{"urls":[…],"username":…,"credential":…}],"iceTransportPolicy":"all","ttl":3600};
/// ttl only when something expires.
[[nodiscard]] std::string toJson(const IceConfiguration& configuration);

/// The values of WHIP's Link headers (RFC 9725 section 4.6), one for each url; as many as a proxy's
/// buffer for headers can be trusted to take.
[[nodiscard]] std::vector<std::string> toLinks(const IceConfiguration& configuration);

/// The relays that webrtcbin can use, as its add-turn-server takes them: with percent-encoded user
/// and password, which it needs or finds nothing. Those over TLS are left out: its "turns" is not
/// TLS on the wire (1.22). Reentrant.
[[nodiscard]] std::vector<std::string> urisForWebrtcbin(const IceConfiguration& configuration);

/// Whether `text` can stand in a header: printable ASCII, spaces too.
[[nodiscard]] bool isPrintable(std::string_view text);

/// Of usernames and credentials; RFC 8489 section 14.3 has 508 for a username.
constexpr std::size_t kLongestCredential = 508;

} // namespace ice
