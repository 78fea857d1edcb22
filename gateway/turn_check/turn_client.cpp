#include "gateway/turn_check/turn_client.h"

#include <algorithm>
#include <array>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <utility>

namespace turn_check {

namespace {

using Kind = TurnFault::Kind;

constexpr int kTries = 4; ///< the request, its challenge, and nonces that have become stale
constexpr std::uint32_t kUdp = 17U << 24; // REQUESTED-TRANSPORT, RFC 8656 section 18.7
constexpr base::Milliseconds kLongestRelease{1000};
constexpr guint kLongestStep = 8; ///< seconds that connecting or sending may take

} // namespace

TurnClient::TurnClient(TurnServer server, GCancellable* cancellable, TurnWaits waits)
    : server_(std::move(server)), place_{server_.uri, {}}, waits_(waits),
      reliable_(server_.uri.transportOrDefault() == ice::IceUri::Transport::Tcp),
      cancellable_(base::Object<GCancellable>::retain(cancellable)) {}

TurnResult<std::unique_ptr<TurnClient>>
TurnClient::open(TurnServer server, GCancellable* cancellable, TurnWaits waits) {
    std::unique_ptr<TurnClient> self(new TurnClient(std::move(server), cancellable, waits));
    const ice::IceUri& uri = self->place_.uri;
    const auto client = base::Object<GSocketClient>::adopt(g_socket_client_new());
    g_socket_client_set_enable_proxy(client.get(), FALSE); // browsers use none for TURN by default
    g_socket_client_set_timeout(client.get(), kLongestStep);
    g_socket_client_set_tls(client.get(), uri.secure() ? TRUE : FALSE);
    if (!self->reliable_) {
        g_socket_client_set_socket_type(client.get(), G_SOCKET_TYPE_DATAGRAM);
        g_socket_client_set_protocol(client.get(), G_SOCKET_PROTOCOL_UDP);
    }
    g_signal_connect(client.get(), "event", G_CALLBACK(onEvent), self.get());
    const auto host = base::Object<GSocketConnectable>::adopt(
        g_network_address_new(uri.host.c_str(), static_cast<guint16>(uri.portOrDefault())));
    base::ErrorOut error;
    self->connection_ = base::Object<GSocketConnection>::adopt(
        g_socket_client_connect(client.get(), host.get(), cancellable, error));
    if (!self->connection_) {
        return failed(self->certificateFault_ ? *self->certificateFault_
                                              : networkFault(*error.operator->(), self->place_));
    }
    if (self->reliable_) {
        g_socket_set_option(self->socket(), IPPROTO_TCP, TCP_NODELAY, 1, nullptr);
    }
    return self;
}

void TurnClient::onEvent(GSocketClient*, GSocketClientEvent event, GSocketConnectable*,
                         GIOStream* connection, gpointer self) noexcept {
    if (event == G_SOCKET_CLIENT_CONNECTING && G_IS_SOCKET_CONNECTION(connection)) {
        const auto address = base::Object<GSocketAddress>::adopt(
            g_socket_connection_get_remote_address(G_SOCKET_CONNECTION(connection), nullptr));
        static_cast<TurnClient*>(self)->place_.numeric =
            TransportAddress::fromGio(address.get()).address;
    } else if (event == G_SOCKET_CLIENT_TLS_HANDSHAKING) {
        g_signal_connect(connection, "accept-certificate", G_CALLBACK(onCertificate), self);
    }
}

/// Only asked about certificates that GIO itself does not accept.
gboolean TurnClient::onCertificate(GTlsConnection*, GTlsCertificate* certificate,
                                   GTlsCertificateFlags flags, gpointer self) noexcept {
    auto* connection = static_cast<TurnClient*>(self);
    connection->certificateFault_ = certificateFault(
        CertificateFacts::of(certificate), flags, connection->place_,
        std::chrono::floor<std::chrono::seconds>(std::chrono::system_clock::now()));
    return FALSE;
}

TurnResult<TurnClient::Answer> TurnClient::ask(StunMethod method, const Fill& fill,
                                               const std::string& peer) {
    for (int tries = kTries;; --tries) {
        StunMessage request = StunMessage::request(method);
        request.add(StunType::Software, "Spillway");
        fill(request);
        std::string key;
        const bool isSigned = !nonce_.empty() && method != StunMethod::Binding;
        if (isSigned) {
            request.add(StunType::Username, server_.username);
            request.add(StunType::Realm, realm_);
            request.add(StunType::Nonce, nonce_);
            key = longTermKey(server_.username, realm_, server_.credential);
        }
        auto answer = exchange(request, key);
        if (!answer) {
            return answer;
        }
        if (answer->message.kind == StunClass::Success) {
            if (isSigned && !answer->isSigned) {
                return failed(makeFault(Kind::NoProof, place_));
            }
            return answer;
        }
        const auto error = answer->message.error();
        if (!error) {
            return failed(makeFault(Kind::NotTurn, place_));
        }
        const bool challenge = error->code == 438 || (error->code == 401 && !isSigned);
        if (challenge && takeChallenge(answer->message) && tries > 1 && !server_.username.empty()) {
            continue;
        }
        return failed(error->code == 401 ? makeFault(Kind::CredentialsWrong, place_,
                                                     {{"source", "this server"}, {"realm", realm_}})
                                         : errorAnswer(*error, place_, peer));
    }
}

/// Sends the request again over UDP until the answer comes or the time is up.
TurnResult<TurnClient::Answer> TurnClient::exchange(const StunMessage& request,
                                                    const std::string& key) {
    const std::string packet = request.print(key);
    const base::Nanoseconds started = monotonicNow();
    const base::Nanoseconds deadline = started + waits_.longest;
    base::Nanoseconds wait = reliable_ ? waits_.longest : waits_.firstRepeat;
    for (base::Nanoseconds now = started; now < deadline; now = monotonicNow(), wait *= 2) {
        if (auto sent = sendPacket(packet); !sent) {
            return failed(sent.error());
        }
        for (;;) {
            const auto received = receivePacket(std::min(deadline, now + wait));
            if (!received) {
                return failed(received.error());
            }
            if (!*received) {
                break;
            }
            auto message = StunMessage::parse(**received);
            if (message && message->transaction == request.transaction &&
                (message->kind == StunClass::Success || message->kind == StunClass::Error)) {
                return Answer{
                    std::move(*message), isSignedWith(**received, key),
                    std::chrono::duration_cast<base::Milliseconds>(monotonicNow() - started)};
            }
        }
    }
    return failed(makeFault(Kind::NoAnswer, place_));
}

bool TurnClient::takeChallenge(const StunMessage& message) {
    const std::string* realm = message.find(StunType::Realm);
    const std::string* nonce = message.find(StunType::Nonce);
    if (realm == nullptr || nonce == nullptr || nonce->empty()) {
        return false;
    }
    realm_ = *realm;
    nonce_ = *nonce;
    return true;
}

TurnResult<base::Milliseconds> TurnClient::bind() {
    return ask(StunMethod::Binding, [](StunMessage&) {}).map([](const Answer& answer) {
        return answer.time;
    });
}

TurnResult<TurnAllocation> TurnClient::allocate() {
    const auto answer = ask(StunMethod::Allocate, [](StunMessage& message) {
        message.addNumber(StunType::RequestedTransport, kUdp);
    });
    if (!answer) {
        return failed(answer.error());
    }
    const auto relayed = answer->message.address(StunType::XorRelayedAddress);
    if (!relayed) {
        return failed(makeFault(Kind::NotTurn, place_));
    }
    return TurnAllocation{*relayed, realm_, !nonce_.empty()};
}

TurnResult<void> TurnClient::permit(const TransportAddress& peer) {
    const auto fill = [&](StunMessage& message) {
        message.addAddress(StunType::XorPeerAddress, peer);
    };
    return ask(StunMethod::CreatePermission, fill, peer.address).map([](const Answer&) {});
}

TurnResult<void> TurnClient::send(const TransportAddress& peer, std::string_view payload) {
    StunMessage message = StunMessage::indication(StunMethod::Send);
    message.addAddress(StunType::XorPeerAddress, peer);
    message.add(StunType::Data, std::string(payload));
    return sendPacket(message.print());
}

TurnResult<std::optional<TurnClient::Data>> TurnClient::receive(base::Nanoseconds deadline) {
    for (;;) {
        const auto packet = receivePacket(deadline);
        if (!packet) {
            return failed(packet.error());
        }
        if (!*packet) {
            return std::nullopt;
        }
        const auto message = StunMessage::parse(**packet);
        const auto peer = message ? message->address(StunType::XorPeerAddress) : std::nullopt;
        const std::string* data = message ? message->find(StunType::Data) : nullptr;
        if (message && message->kind == StunClass::Indication &&
            message->method == StunMethod::Data && peer && data != nullptr) {
            return Data{*peer, *data};
        }
    }
}

void TurnClient::release() {
    waits_.longest = std::min(waits_.longest, kLongestRelease);
    (void)ask(StunMethod::Refresh,
              [](StunMessage& message) { message.addNumber(StunType::Lifetime, 0); });
}

TurnResult<void> TurnClient::sendPacket(std::string_view packet) {
    base::ErrorOut error;
    const bool sent =
        g_output_stream_write_all(g_io_stream_get_output_stream(G_IO_STREAM(connection_.get())),
                                  packet.data(), packet.size(), nullptr, cancellable_.get(), error);
    // Over UDP a packet that does not leave is lost as any may be, but for an answer by ICMP.
    if (!sent && (reliable_ || error.matches(G_IO_ERROR, G_IO_ERROR_CONNECTION_REFUSED))) {
        return failed(networkFault(*error.operator->(), place_));
    }
    return {};
}

TurnResult<std::optional<std::string>> TurnClient::receivePacket(base::Nanoseconds deadline) {
    for (;;) {
        if (auto packet = takePacket(); !packet || *packet) {
            return packet;
        }
        std::array<char, StunMessage::kLongest> bytes; // NOLINT: filled by GIO
        base::ErrorOut error;
        const gssize size = g_pollable_input_stream_read_nonblocking(
            G_POLLABLE_INPUT_STREAM(g_io_stream_get_input_stream(G_IO_STREAM(connection_.get()))),
            bytes.data(), bytes.size(), cancellable_.get(), error);
        if (size >= 0) {
            if (size == 0 && reliable_) {
                return failed(makeFault(Kind::Closed, place_));
            }
            received_.append(bytes.data(), static_cast<std::size_t>(size));
            continue;
        }
        if (!error.matches(G_IO_ERROR, G_IO_ERROR_WOULD_BLOCK)) {
            const bool ended = reliable_ && !error.matches(G_IO_ERROR, G_IO_ERROR_CANCELLED);
            return failed(ended ? makeFault(Kind::Closed, place_)
                                : networkFault(*error.operator->(), place_));
        }
        const auto left = (deadline - monotonicNow()).count() / 1000;
        if (left <= 0) {
            return std::nullopt;
        }
        // What ends the wait shows when reading.
        g_socket_condition_timed_wait(socket(), G_IO_IN, left, cancellable_.get(), nullptr);
    }
}

TurnResult<std::optional<std::string>> TurnClient::takePacket() {
    while (!received_.empty()) {
        const auto length = reliable_ ? frameLength(received_) : received_.size();
        if (length && (*length == 0 || *length > StunMessage::kLongest)) {
            return failed(makeFault(Kind::NotTurn, place_));
        }
        if (!length || *length > received_.size()) {
            break;
        }
        std::string packet = received_.substr(0, *length);
        received_.erase(0, *length);
        if (looksLikeStun(packet)) { // not ChannelData
            return packet;
        }
    }
    return std::nullopt;
}

} // namespace turn_check
