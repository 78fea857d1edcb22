#pragma once

#include "gateway/ice/media_addresses.h"
#include "gateway/turn_check/transport_address.h"
#include "pipelines/base/result.h"
#include "pipelines/base/unique.h"

#include <functional>
#include <gio/gio.h>
#include <memory>
#include <string_view>

namespace turn_check {

/// Packets in and out of one UDP port, without blocking. Owned by whoever talks. Thread-bound.
class UdpSocket {
public:
    struct Handlers {
        std::function<void(std::string_view packet, const TransportAddress& from)> onPacket;
        /// Of a connected socket: nobody listens there (ICMP). May be empty.
        std::function<void()> onRefused;
    };

    /// On a numeric address of this machine.
    static base::Result<std::unique_ptr<UdpSocket>> bind(const std::string& address,
                                                         ice::PortRange ports, Handlers handlers);
    /// For packets to and from one address only. Unavailable when no way leads there.
    static base::Result<std::unique_ptr<UdpSocket>> connect(const TransportAddress& peer,
                                                            Handlers handlers);
    UdpSocket(const UdpSocket&) = delete;
    UdpSocket& operator=(const UdpSocket&) = delete;
    ~UdpSocket();

    /// A packet that can't be sent is lost, as any may be.
    void send(std::string_view packet, const TransportAddress& to);
    void send(std::string_view packet); ///< connected ones
    [[nodiscard]] const TransportAddress& local() const { return local_; }

private:
    UdpSocket(base::Object<GSocket> socket, Handlers handlers);

    static gboolean onReadable(GSocket* socket, GIOCondition condition, gpointer self) noexcept;
    /// False when there is nothing more, or when a handler destroyed this socket.
    bool receiveOne();

    base::Object<GSocket> socket_;
    Handlers handlers_;
    TransportAddress local_;
    GSource* source_ = nullptr;
    std::shared_ptr<bool> alive_ = std::make_shared<bool>(true);
};

} // namespace turn_check
