#include "gateway/ice/credentials.h"
#include "gateway/turn_check/check_relay.h"
#include "pipelines/base/loop.h"
#include "tests/unit/turn_check/scripted_relay.h"

#include <catch2/catch.hpp>

using namespace turn_check;
using Catch::Matchers::Contains;
using Kind = TurnFault::Kind;
using Script = ScriptedRelay::Script;

namespace {

const std::vector<ice::MediaAddress> kLoopback{{"127.0.0.1", "127.0.0.1"}};

ServerReport check(const ServerTask& task) {
    return inThread([&] { return checkServer(task, nullptr); });
}

ServerTask taskFor(const std::string& url) {
    return {
        "fixed-urls", {ice::IceUri::parse(url).value(), "alice", "secret"}, "", "", kLoopback, {}};
}

/// A source that answers, fails, or says nothing.
class TestSource final : public ice::Source {
public:
    TestSource(std::string name, std::optional<base::Result<ice::IceConfiguration>> answer)
        : name_(std::move(name)), answer_(std::move(answer)) {}

    void ask(const ice::Inquiry&, ice::Answer done) override {
        if (answer_) {
            base::post([done = std::move(done), answer = *answer_] { done(answer); });
        }
    }
    [[nodiscard]] std::string name() const override { return name_; }

private:
    std::string name_;
    std::optional<base::Result<ice::IceConfiguration>> answer_;
};

RelayReport checkAll(const ice::Sources& sources, CheckPlan plan = {}) {
    plan.media = kLoopback;
    return checkRelays(sources, plan);
}

ServerReport reportOf(const char* url, std::optional<TurnFault> fault) {
    ServerReport report;
    report.source = "urls";
    report.url = url;
    report.relays = true;
    report.answers = base::Milliseconds(12);
    if (!fault) {
        report.allocates = base::Milliseconds(25);
        report.returns = base::Milliseconds(0);
    }
    report.fault = std::move(fault);
    return report;
}

} // namespace

TEST_CASE("a relay that works") {
    const bool tcp = GENERATE(false, true);
    ScriptedRelay relay({}, tcp);
    const ServerReport report = check(taskFor(relay.url()));
    CHECK(report.works());
    CHECK(report.answers);
    CHECK(report.allocates);
    CHECK(report.returns);
    CHECK(report.notes.empty());
    CHECK(relay.released);
}

TEST_CASE("packets that do not come through") {
    Script script;
    script.dropsSends = true;
    ScriptedRelay deaf(script);
    const ServerReport nothing = check(taskFor(deaf.url()));
    REQUIRE(nothing.fault);
    CHECK(nothing.fault->kind == Kind::NothingArrives);
    CHECK(nothing.allocates);
    CHECK(deaf.released);

    script.dropsSends = false;
    script.dropsReturns = true;
    ScriptedRelay oneWay(script);
    const ServerReport half = check(taskFor(oneWay.url()));
    REQUIRE(half.fault);
    CHECK(half.fault->kind == Kind::NothingReturns);
}

TEST_CASE("a relay that may not send to us") {
    Script script;
    script.permissionError = 403;
    ScriptedRelay relay(script);
    const ServerReport report = check(taskFor(relay.url()));
    REQUIRE(report.fault);
    CHECK(report.fault->kind == Kind::PeerForbidden);
    CHECK_THAT(report.fault->advice, Contains("127.0.0.1"));
}

TEST_CASE("no address of ours that the relay could send to") {
    ScriptedRelay relay({});
    ServerTask task = taskFor(relay.url());
    task.media = {{"::1", "::1"}};
    const ServerReport report = check(task);
    REQUIRE(report.fault);
    CHECK(report.fault->kind == Kind::NoAddress);
    task.media = {{"192.0.2.77", "192.0.2.77"}}; // not this machine's
    CHECK(check(task).fault->kind == Kind::NoPort);
}

TEST_CASE("a relay that anybody may use, and one of another realm") {
    Script open;
    open.guarded = false;
    ScriptedRelay unguarded(open);
    const ServerReport report = check(taskFor(unguarded.url()));
    CHECK(report.works());
    REQUIRE(report.notes.size() == 1);
    CHECK_THAT(report.notes.front(), Contains("use-auth-secret"));

    ScriptedRelay relay({});
    ServerTask task = taskFor(relay.url());
    task.expectedRealm = "live.example.org";
    const ServerReport other = check(task);
    CHECK(other.works());
    REQUIRE(other.notes.size() == 1);
    CHECK_THAT(other.notes.front(), Contains("live.example.org"));
}

TEST_CASE("a relay whose clock is ahead") {
    const auto now = ice::wallClock();
    Script script;
    const auto hours = GENERATE(0, 24);
    script.passwordFor = [&](const std::string& name) -> std::optional<std::string> {
        const auto expiry = expiryOf(name);
        if (!expiry || *expiry < now + std::chrono::hours(hours)) {
            return std::nullopt;
        }
        return ice::makeCredentials("the secret", *expiry, name.substr(name.find(':') + 1))
            .password;
    };
    ScriptedRelay relay(script);
    const ice::Credentials made =
        ice::makeCredentials("the secret", now + std::chrono::hours(1), "0123");
    ServerTask task = taskFor(relay.url());
    task.source = "urls";
    task.secret = "the secret";
    task.server.username = made.username;
    task.server.credential = made.password;
    const ServerReport report = check(task);
    if (hours == 0) {
        CHECK(report.works());
        return;
    }
    REQUIRE(report.fault);
    CHECK(report.fault->kind == Kind::ClocksDiffer);
    CHECK(relay.released);
    task.server.credential = "of another secret";
    task.secret = "another secret";
    CHECK(check(task).fault->what == "wrong secret");
}

TEST_CASE("stun: is asked for an answer only") {
    ScriptedRelay relay({});
    const std::string url = "stun" + relay.url().substr(4);
    const ServerReport report = check(taskFor(url));
    CHECK(report.works());
    CHECK_FALSE(report.relays);
    CHECK(report.answers);
    CHECK(relay.seen == std::vector{StunMethod::Binding});
}

TEST_CASE("TLS over UDP is for no browser") {
    const ServerReport report = check(taskFor("turns:127.0.0.1:5349?transport=udp"));
    REQUIRE(report.fault);
    CHECK(report.fault->kind == Kind::DtlsOnly);
}

TEST_CASE("every address of every source is tried, in order") {
    ScriptedRelay good({});
    ice::IceConfiguration first;
    first.servers = {{{"turn:127.0.0.1:9?transport=tcp", good.url()}, "alice", "secret"}};
    ice::IceConfiguration second;
    second.policy = ice::Policy::Relay;
    second.servers = {{{"stun" + good.url().substr(4)}, "", ""}};
    ice::Sources sources;
    sources.push_back(std::make_unique<TestSource>("urls", first));
    sources.push_back(std::make_unique<TestSource>("stun", second));
    sources.push_back(std::make_unique<TestSource>(
        "service-url", base::fail(base::Problem::Unavailable, "the service says no")));
    const RelayReport report = checkAll(sources);
    REQUIRE(report.servers.size() == 3);
    CHECK(report.servers[0].fault->kind == Kind::Refused);
    CHECK(report.servers[1].works());
    CHECK(report.servers[2].source == "stun");
    CHECK(report.servers[2].works());
    REQUIRE(report.failed.size() == 1);
    CHECK(report.failed.front().reason == "the service says no");
    CHECK(report.policy == ice::Policy::Relay);
    CHECK(report.publishable());
}

TEST_CASE("nothing to try") {
    const RelayReport none = checkAll({});
    CHECK(none.servers.empty());
    CHECK_FALSE(none.publishable());
    CHECK_THAT(describe(none), Contains("There is no relay"));
}

TEST_CASE("a STUN server alone is no way to publish") {
    RelayReport report;
    report.servers = {reportOf("stun:stun.example.org", {})};
    report.servers.front().relays = false;
    report.servers.front().allocates.reset();
    report.servers.front().returns.reset();
    CHECK_FALSE(report.publishable());
    CHECK_THAT(describe(report), Contains("answers") && Contains("There is no relay"));
}

TEST_CASE("what is to be said of several servers is said once") {
    const TurnFault fault{Kind::CredentialsWrong, "wrong secret", "Do this."};
    RelayReport report;
    report.servers = {reportOf("turn:one", fault), reportOf("turn:two", fault)};
    CHECK_THAT(describe(report), Contains("  turn:one\n  turn:two\n    Do this.\n"));
}

TEST_CASE("the table") {
    RelayReport report;
    report.policy = ice::Policy::Relay;
    report.servers = {
        reportOf("turn:turn.example.org:3478?transport=udp", {}),
        reportOf(
            "turn:turn.example.org:3478?transport=tcp",
            TurnFault{Kind::CredentialsWrong, "wrong secret",
                      "The relay refuses it.\x1b[2J See that the secrets are the same, that it "
                      "was started anew, and that nothing else is the matter with it at all."})};
    report.failed = {{"service-url", "it did not answer in time"}};
    CHECK(
        describe(report) ==
        "server                                    from  answers  allocates  packet back  result\n"
        "turn:turn.example.org:3478?transport=udp  urls    12 ms      25 ms       < 1 ms  works\n"
        "turn:turn.example.org:3478?transport=tcp  urls    12 ms         no            -  wrong "
        "secret\n"
        "\n"
        "What to do\n"
        "  service-url\n"
        "    it did not answer in time\n"
        "  turn:turn.example.org:3478?transport=tcp\n"
        "    The relay refuses it. [2J See that the secrets are the same, that it was started "
        "anew, and\n"
        "    that nothing else is the matter with it at all.\n"
        "\n"
        "A browser can publish through 1 of 2 relay addresses. With policy=relay, whoever reaches "
        "none\n"
        "but the others can't publish.\n");
}
