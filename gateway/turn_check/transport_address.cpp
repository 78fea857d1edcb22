#include "gateway/turn_check/transport_address.h"

#include "gateway/ice/ice_uri.h"
#include "pipelines/base/unique.h"

#include <arpa/inet.h>
#include <array>

namespace turn_check {

std::optional<TransportAddress> TransportAddress::fromBytes(std::string_view bytes,
                                                            std::uint16_t port) {
    if (bytes.size() != sizeof(in_addr) && bytes.size() != sizeof(in6_addr)) {
        return std::nullopt;
    }
    std::array<char, INET6_ADDRSTRLEN> text{};
    ::inet_ntop(bytes.size() == sizeof(in_addr) ? AF_INET : AF_INET6, bytes.data(), text.data(),
                text.size());
    return TransportAddress{text.data(), port};
}

TransportAddress TransportAddress::fromGio(GSocketAddress* address) {
    if (address == nullptr || !G_IS_INET_SOCKET_ADDRESS(address)) {
        return {};
    }
    auto* inet = G_INET_SOCKET_ADDRESS(address);
    const base::UniqueString text(
        g_inet_address_to_string(g_inet_socket_address_get_address(inet)));
    return {text.get(), g_inet_socket_address_get_port(inet)};
}

std::string TransportAddress::bytes() const {
    std::array<char, sizeof(in6_addr)> binary{};
    if (::inet_pton(isV6() ? AF_INET6 : AF_INET, address.c_str(), binary.data()) != 1) {
        return {};
    }
    return {binary.data(), isV6() ? sizeof(in6_addr) : sizeof(in_addr)};
}

std::string TransportAddress::print() const {
    return ice::hostAndPort(address, port);
}

} // namespace turn_check
