#pragma once

#include "gateway/ice/media_addresses.h"
#include "gateway/turn_check/transport_address.h"
#include "pipelines/base/result.h"
#include "pipelines/base/unique.h"

#include <functional>
#include <gio/gio.h>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

namespace turn_check {

/// Packets in and out of one UDP port of this machine, without blocking. Owned by whoever talks.
/// Thread-bound.
class UdpSocket {
public:
    struct Packet {
        std::string bytes;
        TransportAddress from;
    };

    /// On a numeric address; Unavailable when none of the ports is free.
    static base::Result<std::unique_ptr<UdpSocket>> bind(const std::string& address,
                                                         ice::PortRange ports);
    UdpSocket(const UdpSocket&) = delete;
    UdpSocket& operator=(const UdpSocket&) = delete;
    ~UdpSocket();

    /// A packet that can't be sent is lost, as any may be.
    void send(std::string_view packet, const TransportAddress& to);
    /// Nothing when none has arrived.
    [[nodiscard]] std::optional<Packet> receive();
    /// From now on packets are given to `onPacket`, on the main thread. It may not destroy the
    /// socket.
    void watch(std::function<void(const Packet&)> onPacket);

    [[nodiscard]] const TransportAddress& local() const { return local_; }
    [[nodiscard]] int fd() const { return g_socket_get_fd(socket_.get()); }

private:
    explicit UdpSocket(base::Object<GSocket> socket);
    static gboolean onReadable(GSocket* socket, GIOCondition condition, gpointer self) noexcept;

    base::Object<GSocket> socket_;
    TransportAddress local_;
    std::function<void(const Packet&)> onPacket_;
    GSource* source_ = nullptr;
};

} // namespace turn_check
