#include "gateway/turn_check/turn_client.h"

#include <utility>

namespace turn_check {

namespace {

using Kind = TurnFault::Kind;

constexpr int kTries = 4; ///< the request, its challenge, and nonces that have become stale
constexpr std::uint32_t kUdp = 17U << 24; // REQUESTED-TRANSPORT, RFC 8656 section 18.7
constexpr const char* kSoftware = "Spillway";

template <class T>
TurnResult<T> failed(TurnFault fault) {
    return tl::unexpected<TurnFault>(std::move(fault));
}

} // namespace

TurnClient::TurnClient(TurnServer server)
    : server_(std::move(server)),
      transactions_([this](std::string_view packet) { channel_->send(packet); }) {}

TurnClient::~TurnClient() = default;

void TurnClient::open(Done<void> done) {
    opening_ = std::move(done);
    openDeadline_ = base::Timer::once(StunTransactions::kLongestWait, [this] {
        onFailed(noAnswer(place(), StunTransactions::kLongestWait));
    });
    channel_ = StunChannel::open(
        server_.uri, {[this] { onOpen(); }, [this](std::string_view packet) { onPacket(packet); },
                      [this](TurnFault fault) { onFailed(std::move(fault)); }});
}

void TurnClient::onOpen() {
    openDeadline_.stop();
    if (const auto done = std::exchange(opening_, nullptr)) {
        done({});
    }
}

void TurnClient::onFailed(TurnFault fault) {
    openDeadline_.stop();
    failure_ = std::move(fault);
    if (const auto done = std::exchange(opening_, nullptr)) {
        done(failed<void>(*failure_));
        return;
    }
    transactions_.abandon();
}

void TurnClient::onPacket(std::string_view packet) {
    const auto message = StunMessage::parse(packet);
    if (!message || transactions_.handle(*message, packet)) {
        return;
    }
    const auto peer = message->address(StunType::XorPeerAddress);
    const std::string* data = message->find(StunType::Data);
    if (message->kind == StunClass::Indication && message->method == StunMethod::Data && peer &&
        data != nullptr && onData_) {
        const auto onData = onData_; // it may destroy this client
        onData(*peer, *data);
    }
}

void TurnClient::ask(const Request& request, int tries, Done<Answer> done) {
    StunMessage message = StunMessage::request(request.method);
    message.add(StunType::Software, kSoftware);
    request.fill(message);
    std::string key;
    const bool isSigned = !nonce_.empty() && request.method != StunMethod::Binding;
    if (isSigned) {
        message.add(StunType::Username, server_.username);
        message.add(StunType::Realm, realm_);
        message.add(StunType::Nonce, nonce_);
        key = longTermKey(server_.username, realm_, server_.credential);
    }
    transactions_.ask(message, key, channel_->reliable(),
                      [this, request, tries, isSigned,
                       done = std::move(done)](const std::optional<Answer>& answer) {
                          if (answer) {
                              onAnswer(request, tries, isSigned, *answer, done);
                          } else {
                              done(failed<Answer>(failure_.value_or(
                                  noAnswer(place(), StunTransactions::kLongestWait))));
                          }
                      });
    if (failure_) {
        base::post([this, alive = std::weak_ptr<bool>(alive_)] {
            if (!alive.expired()) {
                transactions_.abandon();
            }
        });
    }
}

void TurnClient::onAnswer(const Request& request, int tries, bool wasSigned, const Answer& answer,
                          const Done<Answer>& done) {
    const StunMessage& message = answer.message;
    if (message.kind == StunClass::Success) {
        if (wasSigned && !answer.isSigned) {
            done(
                failed<Answer>({Kind::OtherError, "answers without proof",
                                place().print() + " answers without the signature that the "
                                                  "password makes: something stands in between."}));
        } else {
            done(answer);
        }
        return;
    }
    const auto error = message.error();
    if (!error) {
        done(failed<Answer>(notTurn(place())));
        return;
    }
    const bool challenge = error->code == 438 || (error->code == 401 && !wasSigned);
    if (challenge && tries > 1 && takeChallenge(message)) {
        ask(request, tries - 1, done);
    } else if (error->code == 401) {
        done(failed<Answer>({Kind::CredentialsWrong, "wrong credentials",
                             place().print() + " refuses the credentials (401)."}));
    } else {
        done(failed<Answer>(errorAnswer(*error, place(), request.peer)));
    }
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

void TurnClient::bind(Done<base::Milliseconds> done) {
    ask({StunMethod::Binding, [](StunMessage&) {}, {}}, 1,
        [done = std::move(done)](const TurnResult<Answer>& answer) {
            done(answer.map([](const Answer& came) { return came.time; }));
        });
}

void TurnClient::allocate(Done<TurnAllocation> done) {
    const auto fill = [](StunMessage& message) {
        message.addNumber(StunType::RequestedTransport, kUdp);
    };
    ask({StunMethod::Allocate, fill, {}}, kTries,
        [this, done = std::move(done)](const TurnResult<Answer>& answer) {
            if (!answer) {
                done(failed<TurnAllocation>(answer.error()));
                return;
            }
            const auto relayed = answer->message.address(StunType::XorRelayedAddress);
            const auto mapped = answer->message.address(StunType::XorMappedAddress);
            if (!relayed || !mapped) {
                done(failed<TurnAllocation>(notTurn(place())));
                return;
            }
            done(TurnAllocation{*relayed, *mapped, realm_, !nonce_.empty()});
        });
}

void TurnClient::permit(const TransportAddress& peer, Done<void> done) {
    const auto fill = [peer](StunMessage& message) {
        message.addAddress(StunType::XorPeerAddress, peer);
    };
    ask({StunMethod::CreatePermission, fill, peer.address}, kTries,
        [done = std::move(done)](const TurnResult<Answer>& answer) {
            done(answer.map([](const Answer&) {}));
        });
}

void TurnClient::send(const TransportAddress& peer, std::string_view payload) {
    StunMessage message = StunMessage::indication(StunMethod::Send);
    message.addAddress(StunType::XorPeerAddress, peer);
    message.add(StunType::Data, std::string(payload));
    channel_->send(message.print());
}

void TurnClient::release(std::function<void()> done) {
    const auto fill = [](StunMessage& message) { message.addNumber(StunType::Lifetime, 0); };
    ask({StunMethod::Refresh, fill, {}}, kTries,
        [done = std::move(done)](const TurnResult<Answer>&) { done(); });
}

} // namespace turn_check
