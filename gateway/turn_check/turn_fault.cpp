#include "gateway/turn_check/turn_fault.h"

#include "pipelines/base/unique.h"

#include <algorithm>
#include <charconv>
#include <cstdint>
#include <iterator>

namespace turn_check {

namespace {

using Kind = TurnFault::Kind;
using std::chrono::sys_seconds;

struct Words {
    Kind kind;
    const char* what;
    const char* advice;
};

constexpr Words kWords[] = {
    {Kind::HostNotFound, "no such host",
     "The name {host} has no address: correct it in the settings, or add it to the DNS. ({error})"},
    {Kind::Unreachable, "out of reach",
     "{place} can't be reached from this machine: {error}. See to its network and routes, and "
     "whether a firewall rejects this."},
    {Kind::Refused, "nobody listens",
     "Nobody listens on {place}. Start the relay there, or correct the port in the settings; a "
     "firewall that rejects looks the same."},
    {Kind::NoAnswer, "no answer",
     "Nothing came back from {place} within 8 s. See that the relay runs, and that firewalls on "
     "the way let this port through, its own among them."},
    {Kind::TooSlow, "takes too long",
     "Not all was tried within 20 s: see whether the relay or the way to it is overloaded."},
    {Kind::Closed, "hung up",
     "{place} closed the connection. See its log; a TLS port needs turns:, a port without TLS "
     "turn: with ?transport=tcp."},
    {Kind::NotTurn, "not a relay",
     "Something other than a TURN server answers on {place}: correct the port in the settings. A "
     "TLS port needs turns:."},
    {Kind::DtlsOnly, "no browser can do that",
     "TLS over UDP (DTLS) is spoken by no browser: use ?transport=tcp with turns:."},
    {Kind::NoTls, "no TLS",
     "{place} did not complete a TLS handshake: {error}. See that this is the relay's TLS port "
     "(tls-listening-port) and that it has a certificate and its key (cert, pkey)."},
    {Kind::ClockBehind, "this clock is behind",
     "The certificate of {place} is valid from {from} on; this machine's clock says {now}. "
     "Authorities make no certificates for the future: set this machine's clock (timedatectl "
     "set-ntp true)."},
    {Kind::CertificateEarly, "certificate not yet valid",
     "The certificate of {place} is valid from {from} on; this machine's clock says {now}. If "
     "that time has passed, set this machine's clock; else make the certificate anew."},
    {Kind::CertificateExpired, "certificate expired",
     "The certificate of {place} expired on {until}. Renew it and let the relay read it again; "
     "certbot's hook in deploy/relay.md does both. (This machine's clock says {now}.)"},
    {Kind::CertificateName, "certificate for another name",
     "The certificate of {place} is for {names}, not for {host}. Use a name that it has in the "
     "settings, or get one for this name."},
    {Kind::CertificateSelfSigned, "certificate self-signed",
     "The certificate of {place} is signed by itself, so browsers refuse it without a word. Get "
     "one that they trust, from Let's Encrypt for one; cert must hold the whole chain "
     "(fullchain.pem)."},
    {Kind::CertificateUntrusted, "certificate not trusted",
     "The certificate of {place} is signed by an authority that this machine does not know "
     "({issuer}), so browsers refuse it without a word. Get one that they trust, from Let's "
     "Encrypt for one; cert must hold the whole chain (fullchain.pem)."},
    {Kind::CertificateRevoked, "certificate revoked",
     "The certificate of {place} was revoked by its authority. Get a new one."},
    {Kind::CertificateRefused, "certificate refused",
     "The certificate of {place} is not taken: its chain is broken, or its algorithms are too "
     "weak. Get a new one."},
    {Kind::ClocksDiffer, "clocks differ",
     "The relay refuses credentials that expire in {span} and takes those that expire in years: "
     "its clock is more than {span} ahead of this machine's. Set both clocks (timedatectl set-ntp "
     "true); date -u shows which is wrong."},
    {Kind::CredentialsExpired, "credentials expired",
     "The relay refuses the credentials of {source} (401): they expired {span} ago by this "
     "machine's clock. Fetch fresh ones; if they are fresh, this machine's clock is ahead of that "
     "of whoever made them (date -u on both)."},
    {Kind::CredentialsWrong, "wrong credentials",
     "The relay refuses the credentials of {source} (401), in its realm \"{realm}\". See that name "
     "and password are those that it knows there."},
    {Kind::RealmWrong, "another realm",
     "The relay refuses the credentials (401), and its realm is \"{realm}\" where [relay] realm "
     "says \"{expected}\": this is another relay, or its settings changed. Make realm the same in "
     "both, then look at the secret."},
    {Kind::SecretWrong, "wrong secret",
     "The relay refuses credentials made with [relay] secret (401). See that its settings have "
     "use-auth-secret and the same static-auth-secret, and that it was started anew since."},
    {Kind::NoProof, "answers without proof",
     "{place} answers without the signature that the password makes: something stands in "
     "between."},
    {Kind::Elsewhere, "sends elsewhere",
     "{place} wants another server to be used (300). Name that one in the settings: not every "
     "browser follows."},
    {Kind::Forbidden, "forbidden",
     "The relay allows this user nothing (403). See its log for the rule."},
    {Kind::PeerForbidden, "may not send here",
     "The relay may not send to {peer}, where this gateway takes media (403). Take that address "
     "out of its denied-peer-ip, or add allowed-peer-ip={peer}."},
    {Kind::Mismatch, "mixes up connections",
     "The relay takes this for a connection that it has already (437): something between reuses "
     "ports too early. Try again in ten minutes."},
    {Kind::NoUdp, "relays no UDP",
     "The relay gives no UDP (442): see that no-udp-relay is not among its settings."},
    {Kind::Quota, "quota used up",
     "The relay allows no more connections for this user (486): raise user-quota and total-quota, "
     "or wait until old ones end."},
    {Kind::Capacity, "full",
     "The relay has no port or no bandwidth left (508): widen min-port to max-port, or raise "
     "bps-capacity."},
    {Kind::OtherError, "error ", "{place} answered {answer}. See its log."},
    {Kind::NothingArrives, "nothing arrives",
     "The relay took packets for {peer}, and none arrived. Let UDP from the relay ({relayed}) to "
     "this machine through, to the ports of [ice] ports where they are set; behind a 1:1 NAT set "
     "[ice] public-address."},
    {Kind::NothingReturns, "nothing comes back",
     "Packets through the relay arrive here, and the answers to {from} don't come back. Let UDP "
     "to the relay's own ports through (min-port to max-port, 49152 to 65535 by "
     "default){detour}."},
    {Kind::NoAddress, "no address here",
     "The relay hands out {relayed}, and this gateway has no address of that kind to take media "
     "on: see [ice] interfaces and ipv6."},
    {Kind::NoPort, "no port here", "{error}."},
};

std::string fill(std::string_view text, const std::map<std::string, std::string>& values) {
    std::string filled;
    for (auto open = text.find('{'); open != std::string_view::npos; open = text.find('{')) {
        const auto close = text.find('}', open);
        filled += text.substr(0, open);
        filled += values.at(std::string(text.substr(open + 1, close - open - 1)));
        text.remove_prefix(close + 1);
    }
    return filled + std::string(text);
}

std::optional<sys_seconds> fromGio(GDateTime* time) {
    const base::UniqueDateTime owned(time);
    return owned ? std::optional(sys_seconds(std::chrono::seconds(g_date_time_to_unix(time))))
                 : std::nullopt;
}

std::string print(sys_seconds time) {
    const base::UniqueDateTime moment(
        g_date_time_new_from_unix_utc(time.time_since_epoch().count()));
    return moment ? base::UniqueString(g_date_time_format(moment.get(), "%Y-%m-%d %H:%M UTC")).get()
                  : "an unknown date";
}

std::string printSpan(std::chrono::seconds span) {
    const auto count = span.count();
    return count < 120    ? std::to_string(count) + " seconds"
           : count < 7200 ? std::to_string(count / 60) + " minutes"
                          : std::to_string(count / 3600) + " hours";
}

std::string textOf(gchar* text) {
    const base::UniqueString owned(text);
    return owned ? owned.get() : "";
}

std::string listOf(const std::vector<std::string>& names) {
    std::string list;
    for (const std::string& name : names) {
        list += (list.empty() ? "" : ", ") + name;
    }
    return list.empty() ? "no host at all" : list;
}

} // namespace

std::string TurnPlace::print() const {
    const bool udp = uri.transportOrDefault() == ice::IceUri::Transport::Udp;
    const std::string text =
        (udp ? "UDP " : "TCP ") + std::to_string(uri.portOrDefault()) + " of " + uri.host;
    return numeric.empty() || numeric == uri.host ? text : text + " (" + numeric + ")";
}

TurnFault makeFault(Kind kind, const TurnPlace& place, std::map<std::string, std::string> values) {
    values["place"] = place.print();
    values["host"] = place.uri.host;
    const Words& words = *std::find_if(std::begin(kWords), std::end(kWords),
                                       [&](const Words& entry) { return entry.kind == kind; });
    return {kind, words.what, fill(words.advice, values)};
}

TurnFault networkFault(const GError& error, const TurnPlace& place) {
    Kind kind = Kind::Unreachable;
    if (error.domain == G_RESOLVER_ERROR) {
        kind = Kind::HostNotFound;
    } else if (error.domain == G_TLS_ERROR) {
        kind = Kind::NoTls;
    } else if (g_error_matches(&error, G_IO_ERROR, G_IO_ERROR_CONNECTION_REFUSED)) {
        kind = Kind::Refused;
    } else if (g_error_matches(&error, G_IO_ERROR, G_IO_ERROR_CONNECTION_CLOSED)) {
        kind = Kind::Closed;
    } else if (g_error_matches(&error, G_IO_ERROR, G_IO_ERROR_TIMED_OUT)) {
        kind = Kind::NoAnswer;
    } else if (g_error_matches(&error, G_IO_ERROR, G_IO_ERROR_CANCELLED)) {
        kind = Kind::TooSlow;
    }
    return makeFault(kind, place, {{"error", error.message}});
}

TurnFault errorAnswer(const StunError& error, const TurnPlace& place, const std::string& peer) {
    const std::map<int, Kind> kinds{
        {300, Kind::Elsewhere}, {403, peer.empty() ? Kind::Forbidden : Kind::PeerForbidden},
        {437, Kind::Mismatch},  {442, Kind::NoUdp},
        {486, Kind::Quota},     {508, Kind::Capacity}};
    const auto kind = kinds.find(error.code);
    if (kind != kinds.end()) {
        return makeFault(kind->second, place, {{"peer", peer}});
    }
    const std::string code = std::to_string(error.code);
    TurnFault fault = makeFault(Kind::OtherError, place, {{"answer", code + " " + error.reason}});
    fault.what += code;
    return fault;
}

CertificateFacts CertificateFacts::of(GTlsCertificate* certificate) {
    CertificateFacts facts;
    facts.from = fromGio(g_tls_certificate_get_not_valid_before(certificate));
    facts.until = fromGio(g_tls_certificate_get_not_valid_after(certificate));
    facts.subject = textOf(g_tls_certificate_get_subject_name(certificate));
    facts.issuer = textOf(g_tls_certificate_get_issuer_name(certificate));
    if (GPtrArray* names = g_tls_certificate_get_dns_names(certificate)) {
        for (guint i = 0; i < names->len; ++i) {
            gsize size = 0;
            const auto* data = static_cast<const char*>(
                g_bytes_get_data(static_cast<GBytes*>(g_ptr_array_index(names, i)), &size));
            facts.names.emplace_back(data, size);
        }
        g_ptr_array_unref(names);
    }
    if (GPtrArray* addresses = g_tls_certificate_get_ip_addresses(certificate)) {
        for (guint i = 0; i < addresses->len; ++i) {
            facts.names.push_back(textOf(g_inet_address_to_string(
                static_cast<GInetAddress*>(g_ptr_array_index(addresses, i)))));
        }
        g_ptr_array_unref(addresses);
    }
    return facts;
}

TurnFault certificateFault(const CertificateFacts& facts, GTlsCertificateFlags flags,
                           const TurnPlace& place, sys_seconds now) {
    const bool unknown = (flags & G_TLS_CERTIFICATE_UNKNOWN_CA) != 0;
    Kind kind = Kind::CertificateRefused;
    if (facts.from && *facts.from > now) {
        kind = unknown ? Kind::CertificateEarly : Kind::ClockBehind;
    } else if (facts.until && *facts.until < now) {
        kind = Kind::CertificateExpired;
    } else if ((flags & G_TLS_CERTIFICATE_BAD_IDENTITY) != 0) {
        kind = Kind::CertificateName;
    } else if (unknown) {
        const bool own = !facts.issuer.empty() && facts.issuer == facts.subject;
        kind = own ? Kind::CertificateSelfSigned : Kind::CertificateUntrusted;
    } else if ((flags & G_TLS_CERTIFICATE_REVOKED) != 0) {
        kind = Kind::CertificateRevoked;
    }
    return makeFault(kind, place,
                     {{"from", print(facts.from.value_or(now))},
                      {"until", print(facts.until.value_or(now))},
                      {"now", print(now)},
                      {"names", listOf(facts.names)},
                      {"issuer", facts.issuer}});
}

std::optional<sys_seconds> expiryOf(std::string_view username) {
    constexpr std::int64_t kFirst = 1'000'000'000; // 2001-09-09: what is less is some other number
    const std::string_view digits = username.substr(0, username.find(':'));
    std::int64_t seconds = 0;
    const auto [stop, error] =
        std::from_chars(digits.data(), digits.data() + digits.size(), seconds);
    if (error != std::errc() || stop != digits.data() + digits.size() || seconds < kFirst ||
        seconds > std::int64_t{1} << 40) {
        return std::nullopt;
    }
    return sys_seconds(std::chrono::seconds(seconds));
}

TurnFault credentialsFault(const RefusedCredentials& refused) {
    const auto expiry = expiryOf(refused.username);
    Kind kind = refused.source == "urls" ? Kind::SecretWrong : Kind::CredentialsWrong;
    if (refused.longerOnesTaken) {
        kind = Kind::ClocksDiffer;
    } else if (!refused.expectedRealm.empty() && refused.realm != refused.expectedRealm) {
        kind = Kind::RealmWrong;
    } else if (expiry && *expiry <= refused.now) {
        kind = Kind::CredentialsExpired;
    }
    const auto span = expiry.value_or(refused.now) - refused.now;
    return makeFault(kind, refused.place,
                     {{"source", refused.source},
                      {"realm", refused.realm},
                      {"expected", refused.expectedRealm},
                      {"span", printSpan(std::chrono::abs(span))}});
}

} // namespace turn_check
