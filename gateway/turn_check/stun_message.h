#pragma once

#include "gateway/turn_check/transport_address.h"
#include "pipelines/base/result.h"

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace turn_check {

/// RFC 8489 section 5.
enum class StunClass : std::uint8_t { Request, Indication, Success, Error };

/// RFC 8489 section 18.2, RFC 8656 section 17.
enum class StunMethod : std::uint16_t {
    Binding = 0x001,
    Allocate = 0x003,
    Refresh = 0x004,
    Send = 0x006,
    Data = 0x007,
    CreatePermission = 0x008,
};

/// RFC 8489 section 14, RFC 8656 section 18, RFC 8445 section 16.1. Those below 0x8000 must be
/// understood by whoever gets a request.
enum class StunType : std::uint16_t {
    MappedAddress = 0x0001,
    Username = 0x0006,
    MessageIntegrity = 0x0008,
    ErrorCode = 0x0009,
    UnknownAttributes = 0x000a,
    Lifetime = 0x000d,
    XorPeerAddress = 0x0012,
    Data = 0x0013,
    Realm = 0x0014,
    Nonce = 0x0015,
    XorRelayedAddress = 0x0016,
    RequestedTransport = 0x0019,
    XorMappedAddress = 0x0020,
    Priority = 0x0024,
    UseCandidate = 0x0025,
    Software = 0x8022,
    Fingerprint = 0x8028,
    IceControlling = 0x802a,
};

struct StunError {
    int code = 0; ///< 300 to 699
    std::string reason;
};

/// One STUN or TURN message as a value (RFC 8489, RFC 8656). The bytes come from anyone. Reentrant.
struct StunMessage {
    static constexpr std::size_t kHeader = 20;
    static constexpr std::size_t kLongest = 16 * 1024; ///< a packet that a network lets through
    static constexpr std::size_t kMostAttributes = 64; ///< a message of a server has ten

    struct Attribute {
        std::uint16_t type = 0;
        std::string value;
        bool operator==(const Attribute&) const = default;
    };

    StunClass kind = StunClass::Request;
    StunMethod method = StunMethod::Binding; ///< also values that have no name here
    std::string transaction;                 ///< 12 bytes
    /// In their order, without MESSAGE-INTEGRITY, FINGERPRINT and what stands behind the former.
    std::vector<Attribute> attributes;

    static StunMessage request(StunMethod method); ///< with a random transaction
    static StunMessage indication(StunMethod method);
    /// Success or Error, with the transaction of this request.
    [[nodiscard]] StunMessage reply(StunClass kind) const;

    /// A whole message and nothing else; a wrong FINGERPRINT is an error.
    static base::Result<StunMessage> parse(std::string_view packet);
    /// With FINGERPRINT, and MESSAGE-INTEGRITY when there is a key.
    [[nodiscard]] std::string print(std::string_view key = {}) const;

    void add(StunType type, std::string value) {
        attributes.push_back({static_cast<std::uint16_t>(type), std::move(value)});
    }
    void addNumber(StunType type, std::uint32_t value);
    /// XOR-ed where the type says so; nothing is added for what is not an address.
    void addAddress(StunType type, const TransportAddress& address);
    void addError(const StunError& error);

    [[nodiscard]] const std::string* find(StunType type) const; ///< the first, or null
    [[nodiscard]] std::optional<std::uint32_t> number(StunType type) const;
    [[nodiscard]] std::optional<TransportAddress> address(StunType type) const;
    [[nodiscard]] std::optional<StunError> error() const;

    bool operator==(const StunMessage&) const = default;
};

/// Length of the STUN message or ChannelData that the bytes begin with (RFC 8656 section 12.5:
/// padded to four over TCP); nothing while that can't be told. 0: they begin neither.
[[nodiscard]] std::optional<std::size_t> frameLength(std::string_view bytes);
/// Whether a packet is a STUN message rather than DTLS, RTP or ChannelData (RFC 7983).
[[nodiscard]] bool looksLikeStun(std::string_view packet);

/// Whether the MESSAGE-INTEGRITY of a packet that parse() took is there and was made with `key`.
[[nodiscard]] bool isSignedWith(std::string_view packet, std::string_view key);
/// The key of long-term credentials (RFC 8489 section 9.2.2), for texts that need no preparation.
[[nodiscard]] std::string longTermKey(std::string_view username, std::string_view realm,
                                      std::string_view password);

} // namespace turn_check
