#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <tl/expected.hpp>

namespace sdp {

/// One ICE candidate (RFC 8839 section 5.1): the value of an a=candidate line.
struct Candidate {
    std::string foundation;
    int component = 1;
    std::string transport; ///< lower case: "udp", "tcp", …
    std::uint32_t priority = 0;
    std::string address;
    int port = 0;
    std::string type; ///< "host", "srflx", "prflx", "relay", …
    std::string rest; ///< what follows the type: raddr, rport, tcptype, …

    /// `text` is what follows "candidate:"; that prefix may be there too. The error is the reason.
    static tl::expected<Candidate, std::string> parse(std::string_view text);

    /// "1 1 udp 2122260223 192.0.2.1 54321 typ host", without the "candidate:".
    std::string print() const;

    /// Whether it can lead to a connection with us: UDP, the RTP component, a literal unicast
    /// address. Others (TCP, .local names, unknown transports) are valid and to be discarded
    /// without a word (RFC 9725 section 4.3).
    bool isUsable() const;
};

/// What stands where an address may stand, judged without looking anything up.
enum class AddressKind { NotAnAddress, Ipv4, Ipv6 };
AddressKind addressKind(std::string_view text);
bool isLinkLocal(std::string_view address);
bool isMulticast(std::string_view address);

} // namespace sdp
