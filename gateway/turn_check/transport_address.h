#pragma once

#include <compare>
#include <cstdint>
#include <gio/gio.h>
#include <optional>
#include <string>
#include <string_view>

namespace turn_check {

/// A numeric address and a port: where packets come from and go to. Reentrant.
struct TransportAddress {
    std::string address; ///< as inet_ntop writes it
    std::uint16_t port = 0;

    /// From 4 or 16 bytes in network order; nothing for any other number.
    static std::optional<TransportAddress> fromBytes(std::string_view bytes, std::uint16_t port);
    /// Empty for null, and for what is no address of the internet.
    static TransportAddress fromGio(GSocketAddress* address);
    /// 4 or 16 bytes; none when it is not an address.
    [[nodiscard]] std::string bytes() const;

    [[nodiscard]] bool isV6() const { return address.find(':') != std::string::npos; }
    [[nodiscard]] std::string print() const; ///< "192.0.2.1:3478", "[2001:db8::1]:3478"

    auto operator<=>(const TransportAddress&) const = default;
};

} // namespace turn_check
