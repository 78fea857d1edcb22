#include "gateway/turn_check/transport_address.h"

#include "pipelines/base/ip_address.h"

#include <arpa/inet.h>
#include <array>
#include <netinet/in.h>

namespace turn_check {

std::optional<TransportAddress> TransportAddress::numeric(const std::string& address,
                                                          std::uint16_t port) {
    std::array<unsigned char, sizeof(in6_addr)> binary{};
    const bool v6 = address.find(':') != std::string::npos;
    if (::inet_pton(v6 ? AF_INET6 : AF_INET, address.c_str(), binary.data()) != 1) {
        return std::nullopt;
    }
    const std::size_t size = v6 ? sizeof(in6_addr) : sizeof(in_addr);
    return fromBytes({reinterpret_cast<const char*>(binary.data()), size}, port);
}

std::optional<TransportAddress> TransportAddress::fromBytes(std::string_view bytes,
                                                            std::uint16_t port) {
    if (bytes.size() != sizeof(in_addr) && bytes.size() != sizeof(in6_addr)) {
        return std::nullopt;
    }
    const int family = bytes.size() == sizeof(in_addr) ? AF_INET : AF_INET6;
    std::array<char, INET6_ADDRSTRLEN> text{};
    if (::inet_ntop(family, bytes.data(), text.data(), text.size()) == nullptr) {
        return std::nullopt;
    }
    return TransportAddress{text.data(), port};
}

std::string TransportAddress::bytes() const {
    std::array<char, sizeof(in6_addr)> binary{};
    if (::inet_pton(isV6() ? AF_INET6 : AF_INET, address.c_str(), binary.data()) != 1) {
        return {};
    }
    return {binary.data(), isV6() ? sizeof(in6_addr) : sizeof(in_addr)};
}

bool TransportAddress::isLoopback() const {
    return base::isLoopback(address);
}

std::string TransportAddress::print() const {
    return (isV6() ? "[" + address + "]" : address) + ":" + std::to_string(port);
}

} // namespace turn_check
