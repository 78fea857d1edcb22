#include "gateway/turn_check/turn_fault.h"

namespace turn_check {

namespace {

using Kind = TurnFault::Kind;

std::string seconds(std::chrono::milliseconds time) {
    return std::to_string((time.count() + 500) / 1000) + " s";
}

TurnFault tlsFault(const GError& error, const TurnPlace& place) {
    return {Kind::TlsHandshake, "no TLS",
            place.print() + " did not complete a TLS handshake: " + error.message +
                ". See that this is the relay's TLS port (tls-listening-port) and that it has a "
                "certificate and its key (cert, pkey)."};
}

} // namespace

std::string TurnPlace::print() const {
    const bool udp = uri.transportOrDefault() == ice::IceUri::Transport::Udp;
    std::string text = (udp ? "UDP " : "TCP ") + std::to_string(uri.portOrDefault()) + " of ";
    text += uri.host;
    return numeric.empty() || numeric == uri.host ? text : text + " (" + numeric + ")";
}

TurnFault networkFault(const GError& error, const TurnPlace& place) {
    if (error.domain == G_RESOLVER_ERROR) {
        return {Kind::HostNotFound, "no such host",
                "The name " + place.uri.host +
                    " has no address: correct it in the settings, or add it to the DNS. (" +
                    error.message + ")"};
    }
    if (error.domain == G_TLS_ERROR) {
        return tlsFault(error, place);
    }
    if (g_error_matches(&error, G_IO_ERROR, G_IO_ERROR_CONNECTION_REFUSED)) {
        return refused(place);
    }
    if (g_error_matches(&error, G_IO_ERROR, G_IO_ERROR_CONNECTION_CLOSED)) {
        return closed(place);
    }
    return {Kind::Unreachable, "out of reach",
            place.print() + " can't be reached from this machine: " + error.message +
                ". See to its network and routes, and whether a firewall rejects this."};
}

TurnFault refused(const TurnPlace& place) {
    return {Kind::Refused, "nobody listens",
            "Nobody listens on " + place.print() +
                ". Start the relay there, or correct the port in the settings; a firewall that "
                "rejects looks the same."};
}

TurnFault noAnswer(const TurnPlace& place, std::chrono::milliseconds waited) {
    return {Kind::NoAnswer, "no answer",
            "Nothing came back from " + place.print() + " within " + seconds(waited) +
                ". See that the relay runs, and that firewalls on the way let this port through, "
                "its own among them."};
}

TurnFault closed(const TurnPlace& place) {
    return {Kind::Closed, "hung up",
            place.print() + " closed the connection. See its log; a TLS port needs turns:, a port "
                            "without TLS turn: with ?transport=tcp."};
}

TurnFault notTurn(const TurnPlace& place) {
    return {Kind::NotTurn, "not a relay",
            "Something other than a TURN server answers on " + place.print() +
                ": correct the port in the settings. A TLS port needs turns:."};
}

TurnFault errorAnswer(const StunError& error, const TurnPlace& place, const std::string& peer) {
    const std::string said = std::to_string(error.code) + " " + error.reason;
    switch (error.code) {
    case 300:
        return {Kind::Elsewhere, "sends elsewhere",
                place.print() + " wants another server to be used (300). Name that one in the "
                                "settings: not every browser follows."};
    case 403:
        if (!peer.empty()) {
            return {Kind::Forbidden, "may not send here",
                    "The relay may not send to " + peer +
                        ", where this gateway takes media (403). Take that address out of its "
                        "denied-peer-ip, or add allowed-peer-ip=" +
                        peer + "."};
        }
        return {Kind::Forbidden, "forbidden",
                "The relay allows this user nothing (403). See its log for the rule."};
    case 437:
        return {
            Kind::Mismatch, "mixes up connections",
            "The relay takes this for a connection that it has already (437): something between "
            "reuses ports too early. Try again in ten minutes."};
    case 442:
        return {Kind::Unsupported, "relays no UDP",
                "The relay gives no UDP (442): see that no-udp-relay is not among its settings."};
    case 486:
        return {Kind::Quota, "quota used up",
                "The relay allows no more connections for this user (486): raise user-quota and "
                "total-quota, or wait until old ones end."};
    case 508:
        return {Kind::Capacity, "full",
                "The relay has no port or no bandwidth left (508): widen min-port to max-port, or "
                "raise bps-capacity."};
    default:
        return {Kind::OtherError, "error " + std::to_string(error.code),
                place.print() + " answered " + said + ". See its log."};
    }
}

} // namespace turn_check
