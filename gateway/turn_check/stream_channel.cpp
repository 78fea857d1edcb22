#include "gateway/turn_check/stream_channel.h"

#include "gateway/turn_check/certificate_fault.h"

#include <netinet/in.h>
#include <netinet/tcp.h>

namespace turn_check {

namespace {

constexpr gsize kReadAtOnce = 16 * 1024;
constexpr std::size_t kLongestQueue = 1024 * 1024; ///< a server that does not read

std::string numericOf(GSocketConnection* connection) {
    const auto address = base::Object<GSocketAddress>::adopt(
        g_socket_connection_get_remote_address(connection, nullptr));
    if (!address || !G_IS_INET_SOCKET_ADDRESS(address.get())) {
        return {};
    }
    const base::UniqueString text(g_inet_address_to_string(
        g_inet_socket_address_get_address(G_INET_SOCKET_ADDRESS(address.get()))));
    return text.get();
}

std::chrono::sys_seconds now() {
    return std::chrono::floor<std::chrono::seconds>(std::chrono::system_clock::now());
}

} // namespace

/// What an asynchronous call of GIO keeps of its caller. What is written must outlive the caller.
struct StreamChannel::Pending {
    StreamChannel* channel;
    std::weak_ptr<bool> alive;
    std::string bytes;

    /// Null when the caller is gone.
    [[nodiscard]] StreamChannel* get() const { return alive.expired() ? nullptr : channel; }
    static void free(gpointer data, GClosure*) noexcept { delete static_cast<Pending*>(data); }
};

StreamChannel::Pending* StreamChannel::pending() {
    return new Pending{this, alive_, {}};
}

StreamChannel::StreamChannel(const ice::IceUri& uri, Handlers handlers)
    : place_{uri, {}}, handlers_(std::move(handlers)),
      cancellable_(base::Object<GCancellable>::adopt(g_cancellable_new())) {
    const auto client = base::Object<GSocketClient>::adopt(g_socket_client_new());
    g_socket_client_set_enable_proxy(client.get(), FALSE); // browsers use none for TURN by default
    g_socket_client_set_tls(client.get(), uri.secure() ? TRUE : FALSE);
    g_signal_connect_data(client.get(), "event", G_CALLBACK(onEvent), pending(), Pending::free,
                          GConnectFlags(0));
    const auto host = base::Object<GSocketConnectable>::adopt(
        g_network_address_new(uri.host.c_str(), static_cast<guint16>(uri.portOrDefault())));
    g_socket_client_connect_async(client.get(), host.get(), cancellable_.get(), onConnected,
                                  pending());
}

StreamChannel::~StreamChannel() {
    g_cancellable_cancel(cancellable_.get());
}

void StreamChannel::onEvent(GSocketClient*, GSocketClientEvent event, GSocketConnectable*,
                            GIOStream* connection, gpointer data) noexcept {
    StreamChannel* channel = static_cast<Pending*>(data)->get();
    if (channel == nullptr || connection == nullptr) {
        return;
    }
    if (event == G_SOCKET_CLIENT_CONNECTING && G_IS_SOCKET_CONNECTION(connection)) {
        channel->place_.numeric = numericOf(G_SOCKET_CONNECTION(connection));
    } else if (event == G_SOCKET_CLIENT_TLS_HANDSHAKING) {
        channel->watchCertificate(G_OBJECT(connection));
    }
}

void StreamChannel::watchCertificate(GObject* connection) {
    g_signal_connect_data(connection, "accept-certificate", G_CALLBACK(onCertificate), pending(),
                          Pending::free, GConnectFlags(0));
}

/// Only asked about certificates that GIO itself does not accept.
gboolean StreamChannel::onCertificate(GTlsConnection*, GTlsCertificate* certificate,
                                      GTlsCertificateFlags flags, gpointer data) noexcept {
    if (StreamChannel* channel = static_cast<Pending*>(data)->get()) {
        channel->certificateFault_ =
            certificateFault(CertificateFacts::of(certificate), flags, channel->place_, now());
    }
    return FALSE;
}

void StreamChannel::onConnected(GObject* client, GAsyncResult* result, gpointer data) noexcept {
    const std::unique_ptr<Pending> owned(static_cast<Pending*>(data));
    base::ErrorOut error;
    auto connection = base::Object<GSocketConnection>::adopt(
        g_socket_client_connect_finish(G_SOCKET_CLIENT(client), result, error));
    StreamChannel* channel = owned->get();
    if (channel == nullptr) {
        return;
    }
    if (connection) {
        channel->opened(connection.get());
    } else if (channel->certificateFault_) {
        channel->fail(*channel->certificateFault_);
    } else {
        channel->fail(networkFault(*error.operator->(), channel->place_));
    }
}

void StreamChannel::opened(GSocketConnection* connection) {
    connection_ = base::Object<GSocketConnection>::retain(connection);
    g_socket_set_option(g_socket_connection_get_socket(connection), IPPROTO_TCP, TCP_NODELAY, 1,
                        nullptr);
    readOn();
    const auto onOpen = handlers_.onOpen; // it may destroy this channel
    onOpen();
}

void StreamChannel::readOn() {
    g_input_stream_read_bytes_async(g_io_stream_get_input_stream(G_IO_STREAM(connection_.get())),
                                    kReadAtOnce, G_PRIORITY_DEFAULT, cancellable_.get(), onRead,
                                    pending());
}

void StreamChannel::onRead(GObject* stream, GAsyncResult* result, gpointer data) noexcept {
    const std::unique_ptr<Pending> owned(static_cast<Pending*>(data));
    base::ErrorOut error;
    const base::UniqueBytes bytes(
        g_input_stream_read_bytes_finish(G_INPUT_STREAM(stream), result, error));
    StreamChannel* channel = owned->get();
    if (channel == nullptr) {
        return;
    }
    gsize size = 0;
    const auto* text =
        bytes ? static_cast<const char*>(g_bytes_get_data(bytes.get(), &size)) : nullptr;
    if (size == 0) {
        channel->fail(closed(channel->place_));
        return;
    }
    channel->take({text, size});
    if (channel = owned->get(); channel != nullptr && channel->handlers_.onFailed) {
        channel->readOn();
    }
}

void StreamChannel::take(std::string_view bytes) {
    const std::weak_ptr<bool> alive = alive_;
    received_ += bytes;
    for (;;) {
        const auto length = frameLength(received_);
        if (length && (*length == 0 || *length > StunMessage::kLongest)) {
            fail(notTurn(place_));
            return;
        }
        if (!length || *length > received_.size()) {
            return;
        }
        const std::string packet = received_.substr(0, *length);
        received_.erase(0, *length);
        if (looksLikeStun(packet)) {
            const auto onPacket = handlers_.onPacket; // it may destroy this channel
            onPacket(packet);
        }
        if (alive.expired()) {
            return;
        }
    }
}

void StreamChannel::send(std::string_view packet) {
    if (waiting_.size() <= kLongestQueue) { // else deadlines find out
        waiting_ += packet;
        writeOn();
    }
}

void StreamChannel::writeOn() {
    if (!connection_ || writing_ || waiting_.empty()) {
        return;
    }
    writing_ = true;
    Pending* data = pending();
    data->bytes = std::exchange(waiting_, {});
    g_output_stream_write_all_async(g_io_stream_get_output_stream(G_IO_STREAM(connection_.get())),
                                    data->bytes.data(), data->bytes.size(), G_PRIORITY_DEFAULT,
                                    cancellable_.get(), onWritten, data);
}

void StreamChannel::onWritten(GObject* stream, GAsyncResult* result, gpointer data) noexcept {
    const std::unique_ptr<Pending> owned(static_cast<Pending*>(data));
    gsize written = 0;
    const bool fine =
        g_output_stream_write_all_finish(G_OUTPUT_STREAM(stream), result, &written, nullptr);
    StreamChannel* channel = owned->get();
    if (channel == nullptr) {
        return;
    }
    channel->writing_ = false;
    if (fine) { // otherwise reading tells what happened
        channel->writeOn();
    }
}

void StreamChannel::fail(TurnFault fault) {
    const auto onFailed = std::exchange(handlers_.onFailed, nullptr); // it may destroy this channel
    g_cancellable_cancel(cancellable_.get());
    if (onFailed) {
        onFailed(std::move(fault));
    }
}

} // namespace turn_check
