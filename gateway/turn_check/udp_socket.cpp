#include "gateway/turn_check/udp_socket.h"

#include <array>

namespace turn_check {

using base::Problem;

namespace {

constexpr std::size_t kLongestPacket = 64 * 1024;
constexpr int kPacketsAtOnce = 32; ///< then others get their turn

base::Object<GSocketAddress> toGio(const TransportAddress& address) {
    return base::Object<GSocketAddress>::adopt(
        g_inet_socket_address_new_from_string(address.address.c_str(), address.port));
}

TransportAddress fromGio(GSocketAddress* address) {
    if (address == nullptr || !G_IS_INET_SOCKET_ADDRESS(address)) {
        return {};
    }
    auto* inet = G_INET_SOCKET_ADDRESS(address);
    const base::UniqueString text(
        g_inet_address_to_string(g_inet_socket_address_get_address(inet)));
    return {text.get(), g_inet_socket_address_get_port(inet)};
}

base::Result<base::Object<GSocket>> makeSocket(const TransportAddress& address) {
    base::ErrorOut error;
    auto socket = base::Object<GSocket>::adopt(
        g_socket_new(address.isV6() ? G_SOCKET_FAMILY_IPV6 : G_SOCKET_FAMILY_IPV4,
                     G_SOCKET_TYPE_DATAGRAM, G_SOCKET_PROTOCOL_UDP, error));
    if (!socket) {
        return base::fail(Problem::Unavailable, error.message());
    }
    g_socket_set_blocking(socket.get(), FALSE);
    return socket;
}

/// In an order that differs from time to time: others look for free ports too.
int portToTry(ice::PortRange ports, int offset, int attempt) {
    return ports.first + (offset + attempt) % (ports.last - ports.first + 1);
}

} // namespace

base::Result<std::unique_ptr<UdpSocket>> UdpSocket::bind(const std::string& address,
                                                         ice::PortRange ports, Handlers handlers) {
    auto socket = makeSocket({address, 0});
    if (!socket) {
        return base::fail(socket.error());
    }
    const int count = ports.last - ports.first + 1;
    const int offset = static_cast<int>(g_random_int_range(0, count));
    for (int attempt = 0; attempt < count; ++attempt) {
        const int port = portToTry(ports, offset, attempt);
        const auto place = toGio({address, static_cast<std::uint16_t>(port)});
        base::ErrorOut error;
        if (place && g_socket_bind(socket->get(), place.get(), FALSE, error)) {
            return std::unique_ptr<UdpSocket>(
                new UdpSocket(std::move(*socket), std::move(handlers)));
        }
        if (!place || !error.matches(G_IO_ERROR, G_IO_ERROR_ADDRESS_IN_USE)) {
            return base::fail(Problem::Unavailable,
                              "no UDP port of " + address +
                                  " can be opened: " + (place ? error.message() : "no address"));
        }
    }
    return base::fail(Problem::Unavailable, "every UDP port from " + std::to_string(ports.first) +
                                                " to " + std::to_string(ports.last) + " of " +
                                                address + " is in use ([ice] ports)");
}

base::Result<std::unique_ptr<UdpSocket>> UdpSocket::connect(const TransportAddress& peer,
                                                            Handlers handlers) {
    auto socket = makeSocket(peer);
    if (!socket) {
        return base::fail(socket.error());
    }
    const auto place = toGio(peer);
    base::ErrorOut error;
    if (!place || !g_socket_connect(socket->get(), place.get(), nullptr, error)) {
        return base::fail(Problem::Unavailable, place ? error.message() : "no address");
    }
    return std::unique_ptr<UdpSocket>(new UdpSocket(std::move(*socket), std::move(handlers)));
}

UdpSocket::UdpSocket(base::Object<GSocket> socket, Handlers handlers)
    : socket_(std::move(socket)), handlers_(std::move(handlers)) {
    local_ = fromGio(
        base::Object<GSocketAddress>::adopt(g_socket_get_local_address(socket_.get(), nullptr))
            .get());
    source_ = g_socket_create_source(socket_.get(), G_IO_IN, nullptr);
    g_source_set_callback(source_, G_SOURCE_FUNC(onReadable), this, nullptr);
    g_source_attach(source_, nullptr);
}

UdpSocket::~UdpSocket() {
    *alive_ = false;
    g_source_destroy(source_);
    g_source_unref(source_);
}

void UdpSocket::send(std::string_view packet, const TransportAddress& to) {
    if (const auto place = toGio(to)) {
        g_socket_send_to(socket_.get(), place.get(), packet.data(), packet.size(), nullptr,
                         nullptr);
    }
}

void UdpSocket::send(std::string_view packet) {
    g_socket_send(socket_.get(), packet.data(), packet.size(), nullptr, nullptr);
}

gboolean UdpSocket::onReadable(GSocket*, GIOCondition, gpointer self) noexcept {
    auto* socket = static_cast<UdpSocket*>(self);
    const std::shared_ptr<bool> alive = socket->alive_;
    for (int i = 0; i < kPacketsAtOnce && socket->receiveOne(); ++i) {
    }
    return *alive ? G_SOURCE_CONTINUE : G_SOURCE_REMOVE;
}

bool UdpSocket::receiveOne() {
    std::array<char, kLongestPacket> packet; // NOLINT: filled by the kernel
    GSocketAddress* from = nullptr;
    base::ErrorOut error;
    const gssize size =
        g_socket_receive_from(socket_.get(), &from, packet.data(), packet.size(), nullptr, error);
    const auto sender = base::Object<GSocketAddress>::adopt(from);
    const std::shared_ptr<bool> alive = alive_;
    if (size < 0) {
        const auto onRefused = handlers_.onRefused; // it may destroy this socket
        if (error.matches(G_IO_ERROR, G_IO_ERROR_CONNECTION_REFUSED) && onRefused) {
            onRefused();
            return *alive;
        }
        return false;
    }
    const auto onPacket = handlers_.onPacket;
    onPacket({packet.data(), static_cast<std::size_t>(size)}, fromGio(sender.get()));
    return *alive;
}

} // namespace turn_check
