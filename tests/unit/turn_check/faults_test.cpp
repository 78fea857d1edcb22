#include "gateway/turn_check/turn_fault.h"

#include <catch2/catch.hpp>

using namespace turn_check;
using Catch::Matchers::Contains;
using Kind = TurnFault::Kind;
using std::chrono::hours;
using std::chrono::sys_seconds;

namespace {

const sys_seconds kNow{std::chrono::seconds(1795219200)}; // 2026-11-21 00:00 UTC

TurnPlace placeOf(const char* url) {
    return {ice::IceUri::parse(url).value(), "192.0.2.1"};
}

const TurnPlace kTls = placeOf("turns:turn.example.org:5349?transport=tcp");

CertificateFacts certificate() {
    return {kNow - hours(24 * 30),
            kNow + hours(24 * 60),
            {"turn.example.org"},
            "CN=turn.example.org",
            "CN=Some Authority"};
}

RefusedCredentials refusal() {
    return {placeOf("turn:turn.example.org"),
            "1795222800:0123456789abcdef",
            "example.org",
            "",
            "urls",
            kNow};
}

TurnFault fromGio(GQuark domain, int code) {
    GError* error = g_error_new_literal(domain, code, "in its own words");
    const TurnFault fault = networkFault(*error, kTls);
    g_error_free(error);
    return fault;
}

} // namespace

TEST_CASE("a place is called as one looks for it") {
    CHECK(placeOf("turn:turn.example.org").print() == "UDP 3478 of turn.example.org (192.0.2.1)");
    CHECK(kTls.print() == "TCP 5349 of turn.example.org (192.0.2.1)");
    CHECK(placeOf("turn:192.0.2.1:80?transport=tcp").print() == "TCP 80 of 192.0.2.1");
}

TEST_CASE("faults of the network") {
    CHECK(fromGio(G_RESOLVER_ERROR, G_RESOLVER_ERROR_NOT_FOUND).kind == Kind::HostNotFound);
    CHECK(fromGio(G_IO_ERROR, G_IO_ERROR_CONNECTION_REFUSED).kind == Kind::Refused);
    CHECK(fromGio(G_IO_ERROR, G_IO_ERROR_CONNECTION_CLOSED).kind == Kind::Closed);
    CHECK(fromGio(G_IO_ERROR, G_IO_ERROR_NETWORK_UNREACHABLE).kind == Kind::Unreachable);
    CHECK(fromGio(G_IO_ERROR, G_IO_ERROR_TIMED_OUT).kind == Kind::NoAnswer);
    CHECK(fromGio(G_IO_ERROR, G_IO_ERROR_CANCELLED).kind == Kind::TooSlow);
    const TurnFault handshake = fromGio(G_TLS_ERROR, G_TLS_ERROR_NOT_TLS);
    CHECK(handshake.kind == Kind::NoTls);
    CHECK_THAT(handshake.advice, Contains("in its own words"));
}

TEST_CASE("a certificate that has expired") {
    CertificateFacts facts = certificate();
    facts.until = kNow - hours(24);
    // Without a known authority GIO says nothing of the time.
    const TurnFault fault = certificateFault(facts, G_TLS_CERTIFICATE_UNKNOWN_CA, kTls, kNow);
    CHECK(fault.kind == Kind::CertificateExpired);
    CHECK(fault.what == "certificate expired");
    CHECK_THAT(fault.advice, Contains("2026-11-20 00:00 UTC"));
}

TEST_CASE("a certificate of the future shows a clock that is behind") {
    CertificateFacts facts = certificate();
    facts.from = kNow + hours(24);
    const TurnFault trusted = certificateFault(facts, G_TLS_CERTIFICATE_NOT_ACTIVATED, kTls, kNow);
    CHECK(trusted.kind == Kind::ClockBehind);
    CHECK_THAT(trusted.advice, Contains("2026-11-22") && Contains("2026-11-21"));
    const TurnFault own = certificateFault(facts, G_TLS_CERTIFICATE_UNKNOWN_CA, kTls, kNow);
    CHECK(own.kind == Kind::CertificateEarly);
    CHECK(own.what == "certificate not yet valid");
}

TEST_CASE("a certificate for another name") {
    CertificateFacts facts = certificate();
    facts.names = {"www.example.org", "192.0.2.9"};
    const auto flags = static_cast<GTlsCertificateFlags>(G_TLS_CERTIFICATE_BAD_IDENTITY |
                                                         G_TLS_CERTIFICATE_UNKNOWN_CA);
    const TurnFault fault = certificateFault(facts, flags, kTls, kNow);
    CHECK(fault.what == "certificate for another name");
    CHECK_THAT(fault.advice, Contains("www.example.org, 192.0.2.9"));
}

TEST_CASE("a certificate that nobody vouches for") {
    CertificateFacts facts = certificate();
    const TurnFault unknown = certificateFault(facts, G_TLS_CERTIFICATE_UNKNOWN_CA, kTls, kNow);
    CHECK(unknown.what == "certificate not trusted");
    CHECK_THAT(unknown.advice, Contains("Some Authority"));
    facts.issuer = facts.subject;
    CHECK(certificateFault(facts, G_TLS_CERTIFICATE_UNKNOWN_CA, kTls, kNow).what ==
          "certificate self-signed");
    CHECK(certificateFault(certificate(), G_TLS_CERTIFICATE_REVOKED, kTls, kNow).what ==
          "certificate revoked");
}

TEST_CASE("when credentials expire") {
    CHECK(expiryOf("1795219200:abc") == kNow);
    CHECK(expiryOf("1795219200") == kNow);
    CHECK_FALSE(expiryOf("alice"));
    CHECK_FALSE(expiryOf("12:alice"));
    CHECK_FALSE(expiryOf("1795219200x:alice"));
    CHECK_FALSE(expiryOf("99999999999999999999:alice"));
    CHECK_FALSE(expiryOf(""));
}

TEST_CASE("why credentials are refused") {
    CHECK(credentialsFault(refusal()).what == "wrong secret");
    RefusedCredentials fixed = refusal();
    fixed.username = "alice";
    fixed.source = "fixed-urls";
    CHECK(credentialsFault(fixed).what == "wrong credentials");
    RefusedCredentials expired = refusal();
    expired.now = kNow + hours(2);
    const TurnFault late = credentialsFault(expired);
    CHECK(late.kind == Kind::CredentialsExpired);
    CHECK_THAT(late.advice, Contains("60 minutes ago"));
    RefusedCredentials other = refusal();
    other.expectedRealm = "live.example.org";
    CHECK(credentialsFault(other).kind == Kind::RealmWrong);
    other.expectedRealm = "example.org";
    CHECK(credentialsFault(other).kind == Kind::SecretWrong);
    RefusedCredentials ahead = refusal();
    ahead.longerOnesTaken = true;
    CHECK(credentialsFault(ahead).kind == Kind::ClocksDiffer);
}

TEST_CASE("errors that a server answers") {
    const TurnPlace place = placeOf("turn:turn.example.org");
    CHECK(errorAnswer({300, ""}, place).kind == Kind::Elsewhere);
    CHECK(errorAnswer({403, "Forbidden"}, place).kind == Kind::Forbidden);
    CHECK_THAT(errorAnswer({403, "Forbidden"}, place, "192.0.2.5").advice,
               Contains("allowed-peer-ip=192.0.2.5"));
    CHECK(errorAnswer({437, ""}, place).kind == Kind::Mismatch);
    CHECK(errorAnswer({442, ""}, place).kind == Kind::NoUdp);
    CHECK(errorAnswer({486, ""}, place).kind == Kind::Quota);
    CHECK(errorAnswer({508, ""}, place).kind == Kind::Capacity);
    CHECK(errorAnswer({500, "Server Error"}, place).what == "error 500");
}
