#include "gateway/turn_check/certificate_fault.h"

#include "pipelines/base/unique.h"

namespace turn_check {

namespace {

using Kind = TurnFault::Kind;
using std::chrono::sys_seconds;

std::optional<sys_seconds> fromGio(GDateTime* time) {
    const base::UniqueDateTime owned(time);
    if (!owned) {
        return std::nullopt;
    }
    return sys_seconds(std::chrono::seconds(g_date_time_to_unix(owned.get())));
}

std::string print(sys_seconds time) {
    const base::UniqueDateTime moment(
        g_date_time_new_from_unix_utc(time.time_since_epoch().count()));
    const base::UniqueString text(moment ? g_date_time_format(moment.get(), "%Y-%m-%d %H:%M UTC")
                                         : nullptr);
    return text ? text.get() : "an unknown date";
}

std::string textOf(gchar* text) {
    const base::UniqueString owned(text);
    return owned ? owned.get() : "";
}

TurnFault notYetValid(sys_seconds from, bool trusted, const TurnPlace& place, sys_seconds now) {
    std::string seen = "The certificate of " + place.print() + " is valid from " + print(from) +
                       " on; this machine's clock says " + print(now) + ". ";
    if (trusted) {
        return {Kind::ClockWrong, "this clock is behind",
                seen + "Authorities make no certificates for the future: set this machine's clock "
                       "(timedatectl set-ntp true)."};
    }
    return {Kind::TlsCertificate, "certificate not yet valid",
            seen + "If that time has passed, set this machine's clock; else make the certificate "
                   "anew."};
}

TurnFault expired(sys_seconds until, const TurnPlace& place, sys_seconds now) {
    return {
        Kind::TlsCertificate, "certificate expired",
        "The certificate of " + place.print() + " expired on " + print(until) +
            ". Renew it and let the relay read it again; certbot's hook in deploy/relay.md does "
            "both. (This machine's clock says " +
            print(now) + ".)"};
}

TurnFault otherName(const CertificateFacts& facts, const TurnPlace& place) {
    std::string names;
    for (const std::string& name : facts.names) {
        names += (names.empty() ? "" : ", ") + name;
    }
    return {Kind::TlsCertificate, "certificate for another name",
            "The certificate of " + place.print() + " is for " +
                (names.empty() ? "no host at all" : names) + ", not for " + place.uri.host +
                ". Use a name that it has in the settings, or get one for this name."};
}

TurnFault unknownAuthority(const CertificateFacts& facts, const TurnPlace& place) {
    const bool selfSigned = !facts.issuer.empty() && facts.issuer == facts.subject;
    return {
        Kind::TlsCertificate, selfSigned ? "certificate self-signed" : "certificate not trusted",
        "The certificate of " + place.print() +
            (selfSigned ? " is signed by itself"
                        : " is signed by an authority that this machine does not know (" +
                              facts.issuer + ")") +
            ", so browsers refuse it without a word. Get one that they trust, from Let's Encrypt "
            "for one; cert must hold the whole chain (fullchain.pem)."};
}

} // namespace

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
    if (facts.from && *facts.from > now) {
        return notYetValid(*facts.from, (flags & G_TLS_CERTIFICATE_UNKNOWN_CA) == 0, place, now);
    }
    if (facts.until && *facts.until < now) {
        return expired(*facts.until, place, now);
    }
    if ((flags & G_TLS_CERTIFICATE_BAD_IDENTITY) != 0) {
        return otherName(facts, place);
    }
    if ((flags & G_TLS_CERTIFICATE_UNKNOWN_CA) != 0) {
        return unknownAuthority(facts, place);
    }
    const bool revoked = (flags & G_TLS_CERTIFICATE_REVOKED) != 0;
    return {Kind::TlsCertificate, revoked ? "certificate revoked" : "certificate refused",
            "The certificate of " + place.print() +
                (revoked ? " was revoked by its authority."
                         : " is not taken: its chain is broken, or its algorithms are too weak.") +
                " Get a new one."};
}

} // namespace turn_check
