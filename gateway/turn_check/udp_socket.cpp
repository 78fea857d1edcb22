#include "gateway/turn_check/udp_socket.h"

#include <array>

namespace turn_check {

using base::Problem;

namespace {

constexpr std::size_t kLongestPacket = 64 * 1024;
constexpr int kPacketsAtOnce = 32; ///< then others get their turn

base::Object<GSocketAddress> toGio(const std::string& address, int port) {
    return base::Object<GSocketAddress>::adopt(
        g_inet_socket_address_new_from_string(address.c_str(), static_cast<guint>(port)));
}

} // namespace

base::Result<std::unique_ptr<UdpSocket>> UdpSocket::bind(const std::string& address,
                                                         ice::PortRange ports) {
    const std::string refusal = "no UDP port of " + address + " can be opened: ";
    const auto any = toGio(address, 0);
    if (!any) {
        return base::fail(Problem::Unavailable, refusal + "no address");
    }
    base::ErrorOut noSocket;
    auto socket = base::Object<GSocket>::adopt(g_socket_new(g_socket_address_get_family(any.get()),
                                                            G_SOCKET_TYPE_DATAGRAM,
                                                            G_SOCKET_PROTOCOL_UDP, noSocket));
    if (!socket) {
        return base::fail(Problem::Unavailable, noSocket.message());
    }
    g_socket_set_blocking(socket.get(), FALSE);
    // In an order that differs from time to time: others look for free ports too.
    const int count = ports.last - ports.first + 1;
    const int offset = g_random_int_range(0, count);
    for (int attempt = 0; attempt < count; ++attempt) {
        const auto place = toGio(address, ports.first + (offset + attempt) % count);
        base::ErrorOut error;
        if (g_socket_bind(socket.get(), place.get(), FALSE, error)) {
            return std::unique_ptr<UdpSocket>(new UdpSocket(std::move(socket)));
        }
        if (!error.matches(G_IO_ERROR, G_IO_ERROR_ADDRESS_IN_USE)) {
            return base::fail(Problem::Unavailable, refusal + error.message());
        }
    }
    return base::fail(Problem::Unavailable, "every UDP port from " + std::to_string(ports.first) +
                                                " to " + std::to_string(ports.last) + " of " +
                                                address + " is in use ([ice] ports)");
}

UdpSocket::UdpSocket(base::Object<GSocket> socket) : socket_(std::move(socket)) {
    local_ = TransportAddress::fromGio(
        base::Object<GSocketAddress>::adopt(g_socket_get_local_address(socket_.get(), nullptr))
            .get());
}

UdpSocket::~UdpSocket() {
    if (source_ != nullptr) {
        g_source_destroy(source_);
        g_source_unref(source_);
    }
}

void UdpSocket::send(std::string_view packet, const TransportAddress& to) {
    if (const auto place = toGio(to.address, to.port)) {
        g_socket_send_to(socket_.get(), place.get(), packet.data(), packet.size(), nullptr,
                         nullptr);
    }
}

std::optional<UdpSocket::Packet> UdpSocket::receive() {
    std::array<char, kLongestPacket> bytes; // NOLINT: filled by the kernel
    GSocketAddress* from = nullptr;
    const gssize size =
        g_socket_receive_from(socket_.get(), &from, bytes.data(), bytes.size(), nullptr, nullptr);
    const auto sender = base::Object<GSocketAddress>::adopt(from);
    if (size < 0) {
        return std::nullopt;
    }
    return Packet{{bytes.data(), static_cast<std::size_t>(size)},
                  TransportAddress::fromGio(sender.get())};
}

void UdpSocket::watch(std::function<void(const Packet&)> onPacket) {
    onPacket_ = std::move(onPacket);
    source_ = g_socket_create_source(socket_.get(), G_IO_IN, nullptr);
    g_source_set_callback(source_, G_SOURCE_FUNC(onReadable), this, nullptr);
    g_source_attach(source_, nullptr);
}

gboolean UdpSocket::onReadable(GSocket*, GIOCondition, gpointer self) noexcept {
    auto* socket = static_cast<UdpSocket*>(self);
    for (int i = 0; i < kPacketsAtOnce; ++i) {
        const auto packet = socket->receive();
        if (!packet) {
            break;
        }
        socket->onPacket_(*packet);
    }
    return G_SOURCE_CONTINUE;
}

} // namespace turn_check
