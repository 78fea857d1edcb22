#include "gateway/turn_check/relay_echo.h"

#include <algorithm>
#include <utility>

namespace turn_check {

namespace {

using Kind = TurnFault::Kind;

TurnFault nothingArrives(const TransportAddress& peer, const TransportAddress& relayed) {
    return {
        Kind::NothingArrives, "nothing arrives",
        "The relay took packets for " + peer.print() +
            ", and none arrived. Let UDP from the relay (" + relayed.address +
            ") to this machine through, to the ports of [ice] ports where they are set; behind a "
            "1:1 NAT set [ice] public-address."};
}

TurnFault nothingReturns(const TransportAddress& from, const TransportAddress& relayed) {
    std::string seen = "Packets through the relay arrive here, and the answers to " + from.print() +
                       " don't come back. Let UDP to the relay's own ports through (min-port to "
                       "max-port, 49152 to 65535 by default)";
    if (from.address != relayed.address) {
        seen += "; it hands out " + relayed.address + " and sends from " + from.address +
                ": look at its external-ip and relay-ip";
    }
    return {Kind::NothingReturns, "nothing comes back", seen + "."};
}

} // namespace

RelayEcho::RelayEcho(TurnClient& client, const TransportAddress& relayed,
                     const std::vector<ice::MediaAddress>& media, ice::PortRange ports, Done done)
    : client_(client), relayed_(relayed), done_(std::move(done)) {
    client_.onData([this](const TransportAddress& peer, std::string_view packet) {
        onReturned(peer, packet);
    });
    for (const ice::MediaAddress& address : media) {
        const TransportAddress peer{address.announced, 0};
        // 127.0.0.1 is of this machine's relays only: to others it is themselves.
        if (peer.isV6() == relayed.isV6() && (!peer.isLoopback() || relayed.isLoopback())) {
            open(address, ports);
        }
    }
    deadline_ = base::Timer::once(places_.empty() ? base::Milliseconds(0)
                                                  : StunTransactions::kLongestWait + kLongestWait,
                                  [this] { finish(tl::unexpected(worst())); });
    repeat_ = base::Timer::every(kRepeat, [this] { sendAll(); });
}

void RelayEcho::open(const ice::MediaAddress& address, ice::PortRange ports) {
    auto place = std::make_unique<Place>();
    Place& its = *place;
    places_.push_back(std::move(place));
    auto socket =
        UdpSocket::bind(address.bound, ports,
                        {[this, &its](std::string_view packet, const TransportAddress& from) {
                             onArrived(its, packet, from);
                         },
                         {}});
    its.peer = {address.announced, 0};
    if (!socket) {
        its.fault = TurnFault{Kind::NoMediaAddress, "no port here", socket.error().message + "."};
        base::post([this, alive = std::weak_ptr<bool>(alive_)] {
            if (!alive.expired()) {
                giveUpIfHopeless();
            }
        });
        return;
    }
    its.socket = std::move(*socket);
    its.peer.port = its.socket->local().port;
    client_.permit(its.peer, [this, &its, alive = std::weak_ptr<bool>(alive_)](
                                 const TurnResult<void>& permitted) {
        if (!alive.expired()) {
            onPermitted(its, permitted);
        }
    });
}

void RelayEcho::onPermitted(Place& place, const TurnResult<void>& permitted) {
    if (!permitted) {
        place.fault = permitted.error();
        giveUpIfHopeless();
        return;
    }
    const bool first = std::none_of(places_.begin(), places_.end(),
                                    [](const auto& other) { return other->permitted; });
    if (first) {
        deadline_ = base::Timer::once(kLongestWait, [this] { finish(tl::unexpected(worst())); });
    }
    place.permitted = true;
    sendTo(place);
}

void RelayEcho::giveUpIfHopeless() {
    if (std::all_of(places_.begin(), places_.end(),
                    [](const auto& place) { return place->fault.has_value(); })) {
        finish(tl::unexpected(worst()));
    }
}

void RelayEcho::sendAll() {
    for (const auto& place : places_) {
        if (place->permitted) {
            sendTo(*place);
        }
    }
}

/// What a browser would send there first, after what opens a firewall of ours, as a pipeline's
/// checks do.
void RelayEcho::sendTo(const Place& place) {
    place.socket->send(StunMessage::indication(StunMethod::Binding).print(), relayed_);
    const std::string packet = StunMessage::request(StunMethod::Binding).print();
    sent_[packet] = monotonicNow();
    client_.send(place.peer, packet);
}

void RelayEcho::onArrived(Place& place, std::string_view packet, const TransportAddress& from) {
    if (sent_.contains(packet)) {
        place.from = from;
        place.socket->send(packet, from);
    }
}

void RelayEcho::onReturned(const TransportAddress& peer, std::string_view packet) {
    const auto sent = sent_.find(packet);
    const auto place = std::find_if(places_.begin(), places_.end(), [&](const auto& candidate) {
        return candidate->from && candidate->peer.port == peer.port;
    });
    if (sent == sent_.end() || place == places_.end()) {
        return;
    }
    Returned returned{std::chrono::duration_cast<base::Milliseconds>(monotonicNow() - sent->second),
                      {}};
    const TransportAddress& from = *(*place)->from;
    if (from != relayed_) {
        returned.note = "It hands out " + relayed_.print() + " and sends from " + from.print() +
                        "; that works here, and may not elsewhere: look at its external-ip.";
    }
    finish(std::move(returned));
}

TurnFault RelayEcho::worst() const {
    if (places_.empty()) {
        return {Kind::NoMediaAddress, "no address here",
                "The relay hands out " + relayed_.address +
                    ", and this gateway has no address of that kind to take media on: see [ice] "
                    "interfaces and ipv6."};
    }
    const auto arrived = std::find_if(places_.begin(), places_.end(),
                                      [](const auto& place) { return place->from.has_value(); });
    if (arrived != places_.end()) {
        return nothingReturns(*(*arrived)->from, relayed_);
    }
    const Place& first = *places_.front();
    return first.fault.value_or(nothingArrives(first.peer, relayed_));
}

void RelayEcho::finish(TurnResult<Returned> result) {
    repeat_.stop();
    deadline_.stop();
    if (const auto done = std::exchange(done_, nullptr)) { // it may destroy this
        done(std::move(result));
    }
}

} // namespace turn_check
