#include "tests/unit/turn_check/scripted_relay.h"

using namespace turn_check;

ScriptedRelay::ScriptedRelay(Script script, bool tcp) : script_(std::move(script)) {
    if (tcp) {
        service_ = base::Object<GSocketService>::adopt(g_socket_service_new());
        const auto address = base::Object<GSocketAddress>::adopt(
            g_inet_socket_address_new_from_string("127.0.0.1", 0));
        GSocketAddress* effective = nullptr;
        g_socket_listener_add_address(G_SOCKET_LISTENER(service_.get()), address.get(),
                                      G_SOCKET_TYPE_STREAM, G_SOCKET_PROTOCOL_TCP, nullptr,
                                      &effective, nullptr);
        port_ = g_inet_socket_address_get_port(G_INET_SOCKET_ADDRESS(effective));
        g_object_unref(effective);
        g_signal_connect(service_.get(), "incoming", G_CALLBACK(onIncoming), this);
        return;
    }
    udp_ = std::move(*UdpSocket::bind("127.0.0.1", {}));
    udp_->watch([this](const UdpSocket::Packet& packet) {
        if (script_.lost-- > 0) {
            return;
        }
        handle(packet.bytes,
               [this, from = packet.from](const std::string& answer) { udp_->send(answer, from); });
    });
    port_ = udp_->local().port;
}

ScriptedRelay::~ScriptedRelay() {
    if (source_ != 0) {
        g_source_remove(source_);
    }
}

std::string ScriptedRelay::url() const {
    return "turn:127.0.0.1:" + std::to_string(port_) + (udp_ ? "" : "?transport=tcp");
}

gboolean ScriptedRelay::onIncoming(GSocketService*, GSocketConnection* connection, GObject*,
                                   gpointer self) {
    static_cast<ScriptedRelay*>(self)->connection_ =
        base::Object<GSocketConnection>::retain(connection);
    static_cast<ScriptedRelay*>(self)->serveTcp();
    return TRUE;
}

/// Looks every few milliseconds, so that what was sent together arrives in parts.
void ScriptedRelay::serveTcp() {
    const auto look = [](gpointer self) -> gboolean {
        auto* relay = static_cast<ScriptedRelay*>(self);
        GSocket* socket = g_socket_connection_get_socket(relay->connection_.get());
        g_socket_set_blocking(socket, FALSE);
        char crumb[13];
        const gssize size = g_socket_receive(socket, crumb, sizeof crumb, nullptr, nullptr);
        if (size <= 0) {
            return G_SOURCE_CONTINUE;
        }
        relay->received_.append(crumb, static_cast<std::size_t>(size));
        const auto length = frameLength(relay->received_);
        if (length && relay->received_.size() >= *length) {
            const std::string packet = relay->received_.substr(0, *length);
            relay->received_.erase(0, *length);
            relay->handle(packet, [socket](const std::string& answer) {
                for (std::size_t at = 0; at < answer.size(); at += 7) {
                    g_socket_send(socket, answer.data() + at,
                                  std::min<std::size_t>(7, answer.size() - at), nullptr, nullptr);
                }
            });
        }
        return G_SOURCE_CONTINUE;
    };
    source_ = g_timeout_add(1, look, this);
}

void ScriptedRelay::handle(std::string_view packet, const Send& send) {
    const auto message = StunMessage::parse(packet);
    if (!message) {
        return;
    }
    seen.push_back(message->method);
    if (!script_.rawAnswer.empty()) {
        send(script_.rawAnswer);
    } else if (message->method == StunMethod::Send) {
        forward(*message);
    } else if (message->method == StunMethod::Binding) {
        StunMessage answer = message->reply(StunClass::Success);
        answer.addAddress(StunType::XorMappedAddress, {"127.0.0.1", 1});
        send(answer.print());
    } else if (message->kind == StunClass::Request) {
        answerSigned(*message, packet, send);
    }
}

void ScriptedRelay::error(const StunMessage& request, int code, const Send& send) {
    StunMessage answer = request.reply(StunClass::Error);
    answer.addError({code, "as scripted"});
    if (code == 401 || code == 438) {
        answer.add(StunType::Realm, script_.realm);
        answer.add(StunType::Nonce, "nonce " + std::to_string(++nonce_));
    }
    send(answer.print());
}

void ScriptedRelay::answerSigned(const StunMessage& request, std::string_view packet,
                                 const Send& send) {
    const std::string* name = request.find(StunType::Username);
    std::string key;
    if (script_.guarded) {
        std::optional<std::string> password;
        if (name != nullptr && script_.passwordFor) {
            password = script_.passwordFor(*name);
        } else if (name != nullptr && *name == script_.username) {
            password = script_.password;
        }
        if (password) {
            key = longTermKey(*name, script_.realm, *password);
        }
        if (!password || !isSignedWith(packet, key)) {
            error(request, 401, send);
            return;
        }
        const std::string* nonce = request.find(StunType::Nonce);
        if (nonce == nullptr || *nonce != "nonce " + std::to_string(nonce_) ||
            script_.staleNonces-- > 0) {
            error(request, 438, send);
            return;
        }
    }
    const int code = request.method == StunMethod::Allocate           ? script_.allocateError
                     : request.method == StunMethod::CreatePermission ? script_.permissionError
                                                                      : 0;
    if (code != 0) {
        error(request, code, send);
        return;
    }
    const std::string signature = script_.wrongSignature ? "another key" : key;
    send(answerTo(request, send).print(signature));
}

StunMessage ScriptedRelay::answerTo(const StunMessage& request, const Send& send) {
    StunMessage answer = request.reply(StunClass::Success);
    if (request.method == StunMethod::Allocate) {
        relayed_ = std::move(*UdpSocket::bind("127.0.0.1", {}));
        relayed_->watch([this, send](const UdpSocket::Packet& packet) {
            StunMessage data = StunMessage::indication(StunMethod::Data);
            data.addAddress(StunType::XorPeerAddress, packet.from);
            data.add(StunType::Data, packet.bytes);
            if (!script_.dropsReturns) {
                send(data.print());
            }
        });
        answer.addAddress(StunType::XorRelayedAddress, relayed_->local());
        answer.addAddress(StunType::XorMappedAddress, {"127.0.0.1", 1});
        answer.addNumber(StunType::Lifetime, 600);
    }
    if (request.method == StunMethod::Refresh && request.number(StunType::Lifetime) == 0) {
        released = true;
        answer.addNumber(StunType::Lifetime, 0);
    }
    return answer;
}

void ScriptedRelay::forward(const StunMessage& indication) {
    const auto peer = indication.address(StunType::XorPeerAddress);
    const std::string* data = indication.find(StunType::Data);
    if (peer && data != nullptr && relayed_ && !script_.dropsSends) {
        relayed_->send(*data, *peer);
    }
}
