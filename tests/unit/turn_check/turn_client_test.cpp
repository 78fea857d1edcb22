#include "gateway/turn_check/turn_client.h"
#include "pipelines/base/loop.h"
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

using Client = std::unique_ptr<TurnClient>;

TurnResult<Client> open(const TurnServer& server) {
    return inThread([&] { return TurnClient::open(server, nullptr); });
}

TurnResult<TurnAllocation> allocate(TurnClient& client) {
    return inThread([&] { return client.allocate(); });
}

TurnResult<TurnAllocation> allocateAt(ScriptedRelay& relay, const char* password = "secret") {
    const auto client = open(serverAt(relay.url(), "alice", password));
    REQUIRE(client);
    return allocate(**client);
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
    const Client client = std::move(*open(serverAt(relay.url())));
    REQUIRE(inThread([&] { return client->bind(); }));
    const auto allocation = allocate(*client);
    REQUIRE(allocation);
    CHECK(allocation->guarded);
    CHECK(allocation->realm == "example.org");
    CHECK(allocation->relayed.address == "127.0.0.1");

    const auto peer = std::move(*UdpSocket::bind("127.0.0.1", {}));
    TransportAddress arrivedFrom;
    peer->watch([&](const UdpSocket::Packet& packet) {
        arrivedFrom = packet.from;
        peer->send(packet.bytes, packet.from);
    });
    REQUIRE(inThread([&] { return client->permit(peer->local()); }));
    REQUIRE(client->send(peer->local(), "there and back"));
    const auto returned =
        inThread([&] { return client->receive(monotonicNow() + std::chrono::seconds(5)); });
    REQUIRE(returned);
    REQUIRE(*returned);
    CHECK((*returned)->peer == peer->local());
    CHECK((*returned)->payload == "there and back");
    CHECK(arrivedFrom == allocation->relayed);
    CHECK_FALSE(client->receive(monotonicNow()).value());

    inThread([&] { client->release(); });
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
    CHECK(faultOf(forged) == Kind::NoProof);
}

TEST_CASE("a permission that is refused names the address") {
    Script script;
    script.permissionError = 403;
    ScriptedRelay relay(script);
    const Client client = std::move(*open(serverAt(relay.url())));
    REQUIRE(allocate(*client));
    const auto permitted = inThread([&] { return client->permit({"192.0.2.5", 9}); });
    REQUIRE_FALSE(permitted);
    CHECK(permitted.error().kind == Kind::PeerForbidden);
    CHECK_THAT(permitted.error().advice, Catch::Matchers::Contains("192.0.2.5"));
}

TEST_CASE("ports where nobody listens") {
    std::string url;
    {
        const ScriptedRelay gone({});
        url = gone.url();
    }
    const auto udp = open(serverAt(url));
    REQUIRE(udp); // there is no telling before something is sent
    const auto bound = inThread([&] { return (*udp)->bind(); });
    REQUIRE_FALSE(bound);
    CHECK(bound.error().kind == Kind::Refused);
    const auto again = allocate(**udp);
    REQUIRE_FALSE(again);
    CHECK(again.error().kind == Kind::Refused);

    const auto opened = open(serverAt(url + "?transport=tcp"));
    REQUIRE_FALSE(opened);
    CHECK(opened.error().kind == Kind::Refused);
    CHECK_THAT(opened.error().advice, Catch::Matchers::Contains("127.0.0.1"));
}

TEST_CASE("other servers than relays") {
    Script script;
    script.rawAnswer = "HTTP/1.1 400 Bad Request\r\n\r\n";
    ScriptedRelay relay(script, true);
    const Client client = std::move(*open(serverAt(relay.url())));
    const auto bound = inThread([&] { return client->bind(); });
    REQUIRE_FALSE(bound);
    CHECK(bound.error().kind == Kind::NotTurn);
}

TEST_CASE("silence has an end") {
    Script script;
    script.lost = 1000;
    ScriptedRelay relay(script);
    const Client client = std::move(*open(serverAt(relay.url())));
    const gint64 start = g_get_monotonic_time();
    const auto bound = inThread([&] { return client->bind(); });
    REQUIRE_FALSE(bound);
    CHECK(bound.error().kind == Kind::NoAnswer);
    CHECK(g_get_monotonic_time() - start < 8'500'000);
}

TEST_CASE("a name that is not known") {
    const auto opened = open(serverAt("turn:relay.invalid"));
    REQUIRE_FALSE(opened);
    // Without any name server the resolver says that it failed for now.
    CHECK(opened.error().kind == Kind::HostNotFound);
}

TEST_CASE("who cancels waits no longer") {
    Script script;
    script.lost = 1000;
    ScriptedRelay relay(script);
    const auto cancellable = base::Object<GCancellable>::adopt(g_cancellable_new());
    const auto client = TurnClient::open(serverAt(relay.url()), cancellable.get());
    REQUIRE(client);
    const gint64 start = g_get_monotonic_time();
    const auto cancel = base::Timer::once(std::chrono::milliseconds(50),
                                          [&] { g_cancellable_cancel(cancellable.get()); });
    const auto bound = inThread([&] { return (*client)->bind(); });
    REQUIRE_FALSE(bound);
    CHECK(bound.error().kind == Kind::TooSlow);
    CHECK(g_get_monotonic_time() - start < 5'000'000);
}

TEST_CASE("without credentials a relay still tells its realm") {
    ScriptedRelay relay({});
    const Client client = std::move(*open(serverAt(relay.url(), "", "")));
    const auto refused = allocate(*client);
    REQUIRE_FALSE(refused);
    CHECK(refused.error().kind == Kind::CredentialsWrong);
    CHECK(client->realm() == "example.org");
    CHECK(relay.seen.size() == 1);
}
