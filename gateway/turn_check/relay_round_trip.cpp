#include "gateway/turn_check/relay_round_trip.h"

#include "gateway/turn_check/udp_socket.h"
#include "pipelines/base/ip_address.h"

#include <algorithm>
#include <map>
#include <poll.h>

namespace turn_check {

namespace {

using Kind = TurnFault::Kind;

constexpr base::Milliseconds kRepeat{250};
constexpr base::Milliseconds kLongestWait{4000};

/// One of our addresses.
struct Place {
    TransportAddress peer; ///< as the relay is told
    std::unique_ptr<UdpSocket> socket;
    std::optional<TransportAddress> from; ///< where a packet came from
    std::optional<TurnFault> fault;       ///< nothing is sent there
};

/// What tryRelayRoundTrip() does with one allocation.
struct Attempt {
    TurnClient& client;
    TransportAddress relayed;
    std::vector<Place> places;
    std::map<std::string, base::Nanoseconds> sent; ///< when each packet went

    void open(const ice::MediaAddress& address, ice::PortRange ports);
    TurnResult<void> send();
    void waitForPackets(base::Nanoseconds until) const;
    void echo();
    [[nodiscard]] std::optional<RelayRoundTrip> finished(const TurnClient::Data& data) const;
    [[nodiscard]] TurnFault nothingCame() const;
};

void Attempt::open(const ice::MediaAddress& address, ice::PortRange ports) {
    Place& place = places.emplace_back();
    place.peer.address = address.announced;
    // 127.0.0.1 is of this machine's relays only: to others it is themselves.
    if (place.peer.isV6() != relayed.isV6() ||
        (base::isLoopback(place.peer.address) && !base::isLoopback(relayed.address))) {
        places.pop_back();
        return;
    }
    auto socket = UdpSocket::bind(address.bound, ports);
    if (!socket) {
        place.fault = makeFault(Kind::NoPort, client.place(), {{"error", socket.error().message}});
        return;
    }
    place.socket = std::move(*socket);
    place.peer.port = place.socket->local().port;
    if (auto permitted = client.permit(place.peer); !permitted) {
        place.fault = permitted.error();
    }
}

/// What a browser would send first, after what opens a firewall of ours, as a pipeline's checks do.
TurnResult<void> Attempt::send() {
    for (const Place& place : places) {
        if (place.fault) {
            continue;
        }
        place.socket->send(StunMessage::indication(StunMethod::Binding).print(), relayed);
        const std::string packet = StunMessage::request(StunMethod::Binding).print();
        sent[packet] = monotonicNow();
        if (auto went = client.send(place.peer, packet); !went) {
            return went;
        }
    }
    return {};
}

void Attempt::waitForPackets(base::Nanoseconds until) const {
    std::vector<pollfd> waiting{{client.fd(), POLLIN, 0}};
    for (const Place& place : places) {
        if (place.socket) {
            waiting.push_back({place.socket->fd(), POLLIN, 0});
        }
    }
    const auto left = std::chrono::ceil<base::Milliseconds>(until - monotonicNow()).count();
    ::poll(waiting.data(), waiting.size(), static_cast<int>(std::max<long>(left, 0)));
}

/// Sends back what arrived through the relay.
void Attempt::echo() {
    for (Place& place : places) {
        while (const auto packet = place.socket ? place.socket->receive() : std::nullopt) {
            if (sent.contains(packet->bytes)) {
                place.from = packet->from;
                place.socket->send(packet->bytes, packet->from);
            }
        }
    }
}

/// Nothing when this is not one of our packets.
std::optional<RelayRoundTrip> Attempt::finished(const TurnClient::Data& data) const {
    const auto went = sent.find(data.payload);
    const auto place = std::find_if(places.begin(), places.end(), [&](const Place& candidate) {
        return candidate.from && candidate.peer.port == data.peer.port;
    });
    if (went == sent.end() || place == places.end()) {
        return std::nullopt;
    }
    RelayRoundTrip trip{
        std::chrono::duration_cast<base::Milliseconds>(monotonicNow() - went->second), {}};
    if (*place->from != relayed) {
        trip.note = "It hands out " + relayed.print() + " and sends from " + place->from->print() +
                    "; that works here, and may not elsewhere: look at its external-ip.";
    }
    return trip;
}

TurnFault Attempt::nothingCame() const {
    const auto arrived = std::find_if(places.begin(), places.end(),
                                      [](const Place& place) { return place.from.has_value(); });
    if (arrived == places.end()) {
        const Place& first = places.front();
        return first.fault.value_or(
            makeFault(Kind::NothingArrives, client.place(),
                      {{"peer", first.peer.print()}, {"relayed", relayed.address}}));
    }
    const TransportAddress& from = *arrived->from;
    const std::string detour = "; it hands out " + relayed.address + " and sends from " +
                               from.address + ": look at its external-ip and relay-ip";
    return makeFault(
        Kind::NothingReturns, client.place(),
        {{"from", from.print()}, {"detour", from.address == relayed.address ? "" : detour}});
}

} // namespace

TurnResult<RelayRoundTrip> tryRelayRoundTrip(TurnClient& client, const TransportAddress& relayed,
                                             const std::vector<ice::MediaAddress>& media,
                                             ice::PortRange ports) {
    Attempt attempt{client, relayed, {}, {}};
    for (const ice::MediaAddress& address : media) {
        attempt.open(address, ports);
    }
    if (attempt.places.empty()) {
        return failed(makeFault(Kind::NoAddress, client.place(), {{"relayed", relayed.address}}));
    }
    if (std::all_of(attempt.places.begin(), attempt.places.end(),
                    [](const Place& place) { return place.fault.has_value(); })) {
        return failed(*attempt.places.front().fault);
    }
    const base::Nanoseconds end = monotonicNow() + kLongestWait;
    for (base::Nanoseconds repeat{0}; monotonicNow() < end;) {
        if (monotonicNow() >= repeat) {
            if (auto went = attempt.send(); !went) {
                return failed(went.error());
            }
            repeat = monotonicNow() + kRepeat;
        }
        attempt.waitForPackets(repeat);
        attempt.echo();
        auto data = client.receive(monotonicNow());
        for (; data && *data; data = client.receive(monotonicNow())) {
            if (const auto trip = attempt.finished(**data)) {
                return *trip;
            }
        }
        if (!data) {
            return failed(data.error());
        }
    }
    return failed(attempt.nothingCame());
}

} // namespace turn_check
