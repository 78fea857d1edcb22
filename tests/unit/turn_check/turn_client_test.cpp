#include "gateway/turn_check/turn_client.h"
#include "tests/support/run_until.h"
#include "tests/unit/turn_check/scripted_relay.h"

#include <catch2/catch.hpp>

using namespace turn_check;
using Kind = TurnFault::Kind;
using Script = ScriptedRelay::Script;

namespace {

TurnServer serverAt(const std::string& url, const char* name = "alice",
                    const char* password = "secret") {
    return {ice::IceUri::parse(url).value(), name, password};
}

/// What an operation said, once it did.
template <class T>
TurnResult<T> wait(const std::function<void(TurnClient::Done<T>)>& begin) {
    std::optional<TurnResult<T>> result;
    begin([&](TurnResult<T> came) { result = std::move(came); });
    CHECK_FALSE(result); // later, never at once
    REQUIRE(support::runUntil([&] { return result.has_value(); }));
    return *result;
}

TurnResult<void> open(TurnClient& client) {
    return wait<void>([&](auto done) { client.open(std::move(done)); });
}

TurnResult<TurnAllocation> allocate(TurnClient& client) {
    return wait<TurnAllocation>([&](auto done) { client.allocate(std::move(done)); });
}

TurnResult<TurnAllocation> allocateAt(ScriptedRelay& relay, const char* password = "secret") {
    TurnClient client(serverAt(relay.url(), "alice", password));
    REQUIRE(open(client));
    return allocate(client);
}

Kind faultOf(Script script) {
    ScriptedRelay relay(std::move(script));
    const auto allocation = allocateAt(relay);
    REQUIRE_FALSE(allocation);
    return allocation.error().kind;
}

} // namespace

TEST_CASE("an allocation, a packet there and back, and its end") {
    const bool tcp = GENERATE(false, true);
    ScriptedRelay relay({}, tcp);
    TurnClient client(serverAt(relay.url()));
    REQUIRE(open(client));
    REQUIRE(wait<base::Milliseconds>([&](auto done) { client.bind(std::move(done)); }));
    const auto allocation = allocate(client);
    REQUIRE(allocation);
    CHECK(allocation->guarded);
    CHECK(allocation->realm == "example.org");
    CHECK(allocation->relayed.address == "127.0.0.1");

    std::unique_ptr<UdpSocket> peer;
    TransportAddress arrivedFrom;
    peer = std::move(*UdpSocket::bind("127.0.0.1", {},
                                      {[&](std::string_view packet, const TransportAddress& from) {
                                           arrivedFrom = from;
                                           peer->send(packet, from);
                                       },
                                       {}}));
    REQUIRE(wait<void>([&](auto done) { client.permit(peer->local(), std::move(done)); }));
    std::string returned;
    client.onData([&](const TransportAddress& from, std::string_view packet) {
        CHECK(from == peer->local());
        returned = packet;
    });
    client.send(peer->local(), "there and back");
    REQUIRE(support::runUntil([&] { return !returned.empty(); }));
    CHECK(returned == "there and back");
    CHECK(arrivedFrom == allocation->relayed);

    bool done = false;
    client.release([&] { done = true; });
    REQUIRE(support::runUntil([&] { return done; }));
    CHECK(relay.released);
}

TEST_CASE("lost packets are sent again") {
    Script script;
    script.lost = 2;
    ScriptedRelay relay(script);
    const gint64 start = g_get_monotonic_time();
    CHECK(allocateAt(relay));
    CHECK(g_get_monotonic_time() - start > 1'400'000); // after 0.5 and 1 s more
}

TEST_CASE("a stale nonce is renewed") {
    Script script;
    script.staleNonces = 2;
    ScriptedRelay relay(script);
    CHECK(allocateAt(relay));
    CHECK(faultOf([] {
              Script always;
              always.staleNonces = 100;
              return always;
          }()) == Kind::OtherError);
}

TEST_CASE("a relay that asks for no credentials") {
    Script script;
    script.guarded = false;
    ScriptedRelay relay(script);
    const auto allocation = allocateAt(relay);
    REQUIRE(allocation);
    CHECK_FALSE(allocation->guarded);
}

TEST_CASE("what a relay refuses") {
    ScriptedRelay relay({});
    const auto wrong = allocateAt(relay, "another password");
    REQUIRE_FALSE(wrong);
    CHECK(wrong.error().kind == Kind::CredentialsWrong);
    const auto withError = [](int code) {
        Script script;
        script.allocateError = code;
        return script;
    };
    CHECK(faultOf(withError(403)) == Kind::Forbidden);
    CHECK(faultOf(withError(437)) == Kind::Mismatch);
    CHECK(faultOf(withError(486)) == Kind::Quota);
    CHECK(faultOf(withError(508)) == Kind::Capacity);
    CHECK(faultOf(withError(300)) == Kind::Elsewhere);
    Script forged;
    forged.wrongSignature = true;
    CHECK(faultOf(forged) == Kind::OtherError);
}

TEST_CASE("a permission that is refused names the address") {
    Script script;
    script.permissionError = 403;
    ScriptedRelay relay(script);
    TurnClient client(serverAt(relay.url()));
    REQUIRE(open(client));
    REQUIRE(allocate(client));
    const auto permitted = wait<void>([&](auto done) {
        client.permit({"192.0.2.5", 9}, std::move(done));
    });
    REQUIRE_FALSE(permitted);
    CHECK(permitted.error().kind == Kind::Forbidden);
    CHECK_THAT(permitted.error().advice, Catch::Matchers::Contains("192.0.2.5"));
}

TEST_CASE("ports where nobody listens") {
    std::string url;
    {
        const ScriptedRelay gone({});
        url = gone.url();
    }
    TurnClient udp(serverAt(url));
    REQUIRE(open(udp)); // there is no telling before something is sent
    const auto bound = wait<base::Milliseconds>([&](auto done) { udp.bind(std::move(done)); });
    REQUIRE_FALSE(bound);
    CHECK(bound.error().kind == Kind::Refused);
    const auto again = wait<TurnAllocation>([&](auto done) { udp.allocate(std::move(done)); });
    REQUIRE_FALSE(again);
    CHECK(again.error().kind == Kind::Refused);

    TurnClient tcp(serverAt(url + "?transport=tcp"));
    const auto opened = open(tcp);
    REQUIRE_FALSE(opened);
    CHECK(opened.error().kind == Kind::Refused);
    CHECK_THAT(opened.error().advice, Catch::Matchers::Contains("127.0.0.1"));
}

TEST_CASE("other servers than relays") {
    Script script;
    script.rawAnswer = "HTTP/1.1 400 Bad Request\r\n\r\n";
    ScriptedRelay relay(script, true);
    TurnClient client(serverAt(relay.url()));
    REQUIRE(open(client));
    const auto bound = wait<base::Milliseconds>([&](auto done) { client.bind(std::move(done)); });
    REQUIRE_FALSE(bound);
    CHECK(bound.error().kind == Kind::NotTurn);
}

TEST_CASE("silence has an end") {
    Script script;
    script.lost = 1000;
    ScriptedRelay relay(script);
    TurnClient client(serverAt(relay.url()));
    REQUIRE(open(client));
    const gint64 start = g_get_monotonic_time();
    const auto bound = wait<base::Milliseconds>([&](auto done) { client.bind(std::move(done)); });
    REQUIRE_FALSE(bound);
    CHECK(bound.error().kind == Kind::NoAnswer);
    CHECK(g_get_monotonic_time() - start < 8'500'000);
}

TEST_CASE("a name that is not known") {
    TurnClient client(serverAt("turn:relay.invalid"));
    const auto opened = open(client);
    REQUIRE_FALSE(opened);
    // Without any name server the resolver says that it failed for now.
    CHECK(opened.error().kind == Kind::HostNotFound);
}

TEST_CASE("a client that goes calls nobody") {
    ScriptedRelay relay({});
    bool called = false;
    {
        TurnClient client(serverAt(relay.url()));
        REQUIRE(open(client));
        client.allocate([&](const TurnResult<TurnAllocation>&) { called = true; });
    }
    {
        TurnClient client(serverAt("turn:127.0.0.1:9?transport=tcp"));
        client.open([&](const TurnResult<void>&) { called = true; });
    }
    support::runUntil([] { return false; }, std::chrono::milliseconds(200));
    CHECK_FALSE(called);
}
