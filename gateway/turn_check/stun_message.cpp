#include "gateway/turn_check/stun_message.h"

#include "pipelines/base/random.h"

#include <algorithm>
#include <array>
#include <glib.h>

namespace turn_check {

using base::Problem;

namespace {

constexpr std::uint32_t kCookie = 0x2112a442;
constexpr std::uint32_t kFingerprintMask = 0x5354554e;
constexpr std::size_t kAttributeHeader = 4;
constexpr std::size_t kIntegritySize = 20;
constexpr std::size_t kFingerprintSize = 4;
constexpr std::size_t kTransaction = 12;
constexpr std::size_t kLongestReason = 512; // RFC 8489 section 14.8: fewer than 128 characters

std::uint16_t read16(std::string_view bytes, std::size_t at) {
    return static_cast<std::uint16_t>(static_cast<std::uint8_t>(bytes[at]) << 8 |
                                      static_cast<std::uint8_t>(bytes[at + 1]));
}

std::uint32_t read32(std::string_view bytes, std::size_t at) {
    return std::uint32_t{read16(bytes, at)} << 16 | read16(bytes, at + 2);
}

std::string write16(std::size_t value) {
    return {static_cast<char>(value >> 8 & 255), static_cast<char>(value & 255)};
}

std::string write32(std::uint32_t value) {
    return write16(value >> 16) + write16(value & 0xffff);
}

std::size_t padded(std::size_t size) {
    return (size + 3) / 4 * 4;
}

/// Class and method share the first 14 bits: M11-M7 C1 M6-M4 C0 M3-M0.
std::uint16_t writeType(StunClass kind, StunMethod method) {
    const auto m = static_cast<unsigned>(method);
    const auto c = static_cast<unsigned>(kind);
    return static_cast<std::uint16_t>((m & 0xf80) << 2 | (c & 2) << 7 | (m & 0x70) << 1 |
                                      (c & 1) << 4 | (m & 0xf));
}

StunClass classOf(std::uint16_t type) {
    return static_cast<StunClass>((type >> 7 & 2) | (type >> 4 & 1));
}

StunMethod methodOf(std::uint16_t type) {
    return static_cast<StunMethod>((type >> 2 & 0xf80) | (type >> 1 & 0x70) | (type & 0xf));
}

/// The CRC-32 of ISO 3309, as in zip files.
std::uint32_t crc32(std::string_view bytes) {
    std::uint32_t crc = 0xffffffff;
    for (const char c : bytes) {
        crc ^= static_cast<std::uint8_t>(c);
        for (int bit = 0; bit < 8; ++bit) {
            crc = crc >> 1 ^ (crc & 1 ? 0xedb88320 : 0);
        }
    }
    return ~crc;
}

std::string hmacSha1(std::string_view key, std::string_view bytes) {
    std::array<guint8, kIntegritySize> digest{};
    gsize size = digest.size();
    GHmac* hmac =
        g_hmac_new(G_CHECKSUM_SHA1, reinterpret_cast<const guchar*>(key.data()), key.size());
    g_hmac_update(hmac, reinterpret_cast<const guchar*>(bytes.data()),
                  static_cast<gssize>(bytes.size()));
    g_hmac_get_digest(hmac, digest.data(), &size);
    g_hmac_unref(hmac);
    return {reinterpret_cast<const char*>(digest.data()), size};
}

/// What MESSAGE-INTEGRITY and FINGERPRINT are made of: all before them, in a message that ends with
/// them, `size` bytes long.
std::string coveredBy(std::string_view packet, std::size_t at, std::size_t size) {
    std::string covered(packet.substr(0, at));
    covered.replace(2, 2, write16(at + kAttributeHeader + size - StunMessage::kHeader));
    return covered;
}

bool isType(std::uint16_t type, StunType expected) {
    return type == static_cast<std::uint16_t>(expected);
}

void append(std::string& packet, StunType type, const std::string& value) {
    packet += write16(static_cast<std::uint16_t>(type)) + write16(value.size()) + value;
    packet.resize(padded(packet.size()));
}

bool isXored(StunType type) {
    return type == StunType::XorMappedAddress || type == StunType::XorPeerAddress ||
           type == StunType::XorRelayedAddress;
}

/// RFC 8489 section 14.2: with the cookie and, for IPv6, the transaction.
void exclusiveOr(std::string& address, const std::string& transaction) {
    const std::string mask = write32(kCookie) + transaction;
    for (std::size_t i = 0; i < address.size() && i < mask.size(); ++i) {
        address[i] = static_cast<char>(address[i] ^ mask[i]);
    }
}

} // namespace

StunMessage StunMessage::request(StunMethod method) {
    return {StunClass::Request, method, base::randomBytes(kTransaction), {}};
}

StunMessage StunMessage::indication(StunMethod method) {
    return {StunClass::Indication, method, base::randomBytes(kTransaction), {}};
}

StunMessage StunMessage::reply(StunClass replyKind) const {
    return {replyKind, method, transaction, {}};
}

base::Result<StunMessage> StunMessage::parse(std::string_view packet) {
    if (!looksLikeStun(packet)) {
        return base::fail(Problem::Malformed, "not a STUN message");
    }
    if (packet.size() > kLongest) {
        return base::fail(Problem::TooLarge, "a STUN message of more than 16 KiB");
    }
    if (read16(packet, 2) + kHeader != packet.size() || packet.size() % 4 != 0) {
        return base::fail(Problem::Malformed, "a STUN message of another length than it says");
    }
    StunMessage message{classOf(read16(packet, 0)),
                        methodOf(read16(packet, 0)),
                        std::string(packet.substr(8, kTransaction)),
                        {}};
    bool isSigned = false;
    for (std::size_t at = kHeader; at < packet.size();) {
        const std::uint16_t type = read16(packet, at); // four bytes are left: all is padded to four
        const std::size_t size = read16(packet, at + 2);
        if (size > packet.size() - at - kAttributeHeader) {
            return base::fail(Problem::Malformed, "a STUN attribute that goes beyond its message");
        }
        const std::string_view value = packet.substr(at + kAttributeHeader, size);
        if (isType(type, StunType::Fingerprint)) {
            if (size != kFingerprintSize || at + kAttributeHeader + size != packet.size() ||
                read32(value, 0) != (crc32(packet.substr(0, at)) ^ kFingerprintMask)) {
                return base::fail(Problem::Malformed, "a STUN message with a wrong fingerprint");
            }
        } else if (isType(type, StunType::MessageIntegrity)) {
            if (size != kIntegritySize) {
                return base::fail(Problem::Malformed, "a message integrity of a wrong length");
            }
            isSigned = true; // section 14.5: what follows is not covered, and ignored
        } else if (!isSigned) {
            if (message.attributes.size() == kMostAttributes) {
                return base::fail(Problem::Malformed, "a STUN message with too many attributes");
            }
            message.attributes.push_back({type, std::string(value)});
        }
        at += kAttributeHeader + padded(size);
    }
    return message;
}

std::string StunMessage::print(std::string_view key) const {
    std::string packet = write16(writeType(kind, method)) + write16(0) + write32(kCookie);
    packet += transaction;
    packet.resize(kHeader);
    for (const Attribute& attribute : attributes) {
        append(packet, static_cast<StunType>(attribute.type), attribute.value);
    }
    if (!key.empty()) {
        append(packet, StunType::MessageIntegrity,
               hmacSha1(key, coveredBy(packet, packet.size(), kIntegritySize)));
    }
    packet = coveredBy(packet, packet.size(), kFingerprintSize);
    append(packet, StunType::Fingerprint, write32(crc32(packet) ^ kFingerprintMask));
    return packet;
}

void StunMessage::addNumber(StunType type, std::uint32_t value) {
    add(type, write32(value));
}

void StunMessage::addAddress(StunType type, const TransportAddress& address) {
    std::string bytes = address.bytes();
    if (bytes.empty()) {
        return;
    }
    std::string port = write16(address.port);
    if (isXored(type)) {
        exclusiveOr(bytes, transaction);
        exclusiveOr(port, transaction);
    }
    add(type, std::string(1, '\0') + (address.isV6() ? '\2' : '\1') + port + bytes);
}

void StunMessage::addError(const StunError& error) {
    add(StunType::ErrorCode, std::string(2, '\0') + static_cast<char>(error.code / 100) +
                                 static_cast<char>(error.code % 100) + error.reason);
}

const std::string* StunMessage::find(StunType type) const {
    const auto found =
        std::find_if(attributes.begin(), attributes.end(),
                     [&](const Attribute& attribute) { return isType(attribute.type, type); });
    return found == attributes.end() ? nullptr : &found->value;
}

std::optional<std::uint32_t> StunMessage::number(StunType type) const {
    const std::string* value = find(type);
    return value != nullptr && value->size() == 4 ? std::optional(read32(*value, 0)) : std::nullopt;
}

std::optional<TransportAddress> StunMessage::address(StunType type) const {
    const std::string* value = find(type);
    if (value == nullptr ||
        !((value->size() == 8 && (*value)[1] == 1) || (value->size() == 20 && (*value)[1] == 2))) {
        return std::nullopt;
    }
    std::string port = value->substr(2, 2);
    std::string bytes = value->substr(4);
    if (isXored(type)) {
        exclusiveOr(bytes, transaction);
        exclusiveOr(port, transaction);
    }
    return TransportAddress::fromBytes(bytes, read16(port, 0));
}

std::optional<StunError> StunMessage::error() const {
    const std::string* value = find(StunType::ErrorCode);
    if (value == nullptr || value->size() < 4 || value->size() > 4 + kLongestReason) {
        return std::nullopt;
    }
    const int hundreds = (*value)[2] & 7;
    const int rest = static_cast<std::uint8_t>((*value)[3]);
    if (hundreds < 3 || hundreds > 6 || rest > 99) {
        return std::nullopt;
    }
    std::string reason;
    for (const char c : value->substr(4)) { // shown to people, in logs and tables
        reason += g_ascii_isprint(c) ? c : '?';
    }
    return StunError{hundreds * 100 + rest, reason};
}

std::optional<std::size_t> frameLength(std::string_view bytes) {
    if (bytes.size() < 4) {
        return std::nullopt;
    }
    const auto first = static_cast<std::uint8_t>(bytes[0]);
    if (first < 0x40) {
        const bool cookie = bytes.size() < 8 || read32(bytes, 4) == kCookie;
        return cookie ? StunMessage::kHeader + read16(bytes, 2) : 0;
    }
    return first <= 0x4f ? 4 + padded(read16(bytes, 2)) : 0;
}

bool looksLikeStun(std::string_view packet) {
    return packet.size() >= StunMessage::kHeader && static_cast<std::uint8_t>(packet[0]) < 0x40 &&
           read32(packet, 4) == kCookie;
}

bool isSignedWith(std::string_view packet, std::string_view key) {
    for (std::size_t at = StunMessage::kHeader; at + kAttributeHeader <= packet.size();
         at += kAttributeHeader + padded(read16(packet, at + 2))) {
        if (!isType(read16(packet, at), StunType::MessageIntegrity)) {
            continue;
        }
        if (key.empty()) {
            return false;
        }
        const std::string expected = hmacSha1(key, coveredBy(packet, at, kIntegritySize));
        const std::string_view given = packet.substr(at + kAttributeHeader, kIntegritySize);
        unsigned difference = given.size() == expected.size() ? 0 : 1;
        for (std::size_t i = 0; i < given.size() && i < expected.size(); ++i) {
            difference |= static_cast<std::uint8_t>(given[i] ^ expected[i]);
        }
        return difference == 0;
    }
    return false;
}

std::string longTermKey(std::string_view username, std::string_view realm,
                        std::string_view password) {
    std::string text(username);
    text.append(":").append(realm).append(":").append(password);
    std::array<guint8, 16> digest{};
    gsize size = digest.size();
    GChecksum* md5 = g_checksum_new(G_CHECKSUM_MD5);
    g_checksum_update(md5, reinterpret_cast<const guchar*>(text.data()),
                      static_cast<gssize>(text.size()));
    g_checksum_get_digest(md5, digest.data(), &size);
    g_checksum_free(md5);
    return {reinterpret_cast<const char*>(digest.data()), size};
}

} // namespace turn_check
