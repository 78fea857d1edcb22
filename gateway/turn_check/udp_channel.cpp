#include "gateway/turn_check/udp_channel.h"

#include "gateway/turn_check/stream_channel.h"

namespace turn_check {

namespace {

/// What an asynchronous call of GIO keeps of its caller.
struct Pending {
    UdpChannel* channel;
    std::weak_ptr<bool> alive;
};

} // namespace

std::unique_ptr<StunChannel> StunChannel::open(const ice::IceUri& uri, Handlers handlers) {
    if (uri.transportOrDefault() == ice::IceUri::Transport::Udp) {
        return std::make_unique<UdpChannel>(uri, std::move(handlers));
    }
    return std::make_unique<StreamChannel>(uri, std::move(handlers));
}

UdpChannel::UdpChannel(const ice::IceUri& uri, Handlers handlers)
    : place_{uri, {}}, handlers_(std::move(handlers)),
      cancellable_(base::Object<GCancellable>::adopt(g_cancellable_new())) {
    const auto resolver = base::Object<GResolver>::adopt(g_resolver_get_default());
    g_resolver_lookup_by_name_async(resolver.get(), uri.host.c_str(), cancellable_.get(),
                                    onResolved, new Pending{this, alive_});
}

UdpChannel::~UdpChannel() {
    g_cancellable_cancel(cancellable_.get());
}

void UdpChannel::onResolved(GObject* resolver, GAsyncResult* result, gpointer data) noexcept {
    const std::unique_ptr<Pending> pending(static_cast<Pending*>(data));
    base::ErrorOut error;
    const std::unique_ptr<GList, decltype(&g_resolver_free_addresses)> addresses(
        g_resolver_lookup_by_name_finish(G_RESOLVER(resolver), result, error),
        g_resolver_free_addresses);
    if (pending->alive.expired()) {
        return;
    }
    if (!addresses) {
        pending->channel->fail(networkFault(*error.operator->(), pending->channel->place_));
        return;
    }
    pending->channel->take(addresses.get());
}

void UdpChannel::take(GList* addresses) {
    std::string reason;
    for (const GList* item = addresses; item != nullptr; item = item->next) {
        const base::UniqueString text(g_inet_address_to_string(G_INET_ADDRESS(item->data)));
        place_.numeric = text.get();
        auto socket = UdpSocket::connect(
            {place_.numeric, static_cast<std::uint16_t>(place_.uri.portOrDefault())},
            {[this](std::string_view packet, const TransportAddress&) {
                 if (looksLikeStun(packet)) {
                     const auto onPacket = handlers_.onPacket; // it may destroy this channel
                     onPacket(packet);
                 }
             },
             [this] { fail(refused(place_)); }});
        if (socket) {
            socket_ = std::move(*socket);
            const auto onOpen = handlers_.onOpen; // it may destroy this channel
            onOpen();
            return;
        }
        reason = socket.error().message;
    }
    fail({TurnFault::Kind::Unreachable, "out of reach",
          "No way leads from this machine to " + place_.print() + ": " + reason + "."});
}

void UdpChannel::send(std::string_view packet) {
    if (socket_) {
        socket_->send(packet);
    }
}

void UdpChannel::fail(TurnFault fault) {
    const auto onFailed = std::exchange(handlers_.onFailed, nullptr); // it may destroy this channel
    if (onFailed) {
        onFailed(std::move(fault));
    }
}

} // namespace turn_check
