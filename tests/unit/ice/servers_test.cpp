#include "gateway/ice/configured_sources.h"
#include "tests/support/run_until.h"

#include <catch2/catch.hpp>
#include <set>

using base::Problem;
using ice::IceConfiguration;
using ice::IceServer;
using ice::IceServers;
using ice::Policy;
using ice::Settings;
using ice::Sources;
using std::chrono::seconds;

namespace {

using Result = base::Result<IceConfiguration>;

/// Answers as it was told, when it was told.
class Scripted final : public ice::Source {
public:
    Scripted(std::string name, Result answer, std::vector<ice::Answer>* held = nullptr)
        : name_(std::move(name)), answer_(std::move(answer)), held_(held) {}

    void ask(const ice::Inquiry&, ice::Answer done) override {
        if (held_ != nullptr) {
            held_->push_back(std::move(done));
        } else {
            done(answer_);
        }
    }
    [[nodiscard]] std::string name() const override { return name_; }

private:
    std::string name_;
    Result answer_;
    std::vector<ice::Answer>* held_;
};

std::unique_ptr<ice::Source> scripted(std::string name, Result answer,
                                      std::vector<ice::Answer>* held = nullptr) {
    return std::make_unique<Scripted>(std::move(name), std::move(answer), held);
}

template <class... Given>
Sources sources(Given... given) {
    Sources all;
    (all.push_back(std::move(given)), ...);
    return all;
}

IceConfiguration with(const std::string& url, std::optional<seconds> ttl = std::nullopt,
                      Policy policy = Policy::All) {
    IceConfiguration configuration;
    configuration.servers = {IceServer{{url}, "u", "p"}};
    configuration.ttl = ttl;
    configuration.policy = policy;
    return configuration;
}

Result failed(const std::string& words) {
    return base::fail(Problem::Timeout, words);
}

Result ask(IceServers& servers) {
    std::optional<Result> result;
    servers.ask({"demo", "localhost", true}, [&](Result answer) {
        REQUIRE_FALSE(result);
        result = std::move(answer);
    });
    REQUIRE(support::runUntil([&] { return result.has_value(); }, std::chrono::seconds(1)));
    return *result;
}

std::string urlsOf(const IceConfiguration& configuration) {
    std::string all;
    for (const IceServer& server : configuration.servers) {
        for (const std::string& url : server.urls) {
            all += url + " ";
        }
    }
    return all;
}

} // namespace

TEST_CASE("sources add up in their order, whoever answers first") {
    std::vector<ice::Answer> held;
    IceServers servers(sources(scripted("a", with("stun:a")), scripted("b", with("turn:b"), &held),
                               scripted("c", with("turn:c", seconds(60)))),
                       Policy::All);
    std::optional<Result> result;
    servers.ask({}, [&](Result answer) { result = std::move(answer); });
    CHECK_FALSE(result);
    REQUIRE(held.size() == 1);
    held[0](with("turn:b", seconds(30)));
    REQUIRE(result);
    REQUIRE(*result);
    CHECK(urlsOf(**result) == "stun:a turn:b turn:c ");
    CHECK((*result)->ttl == seconds(30)); // the least
    CHECK((*result)->policy == Policy::All);
}

TEST_CASE("anyone can have relays only") {
    IceServers told(sources(scripted("a", with("turn:a"))), Policy::Relay);
    CHECK(ask(told)->policy == Policy::Relay);
    IceServers asked(sources(scripted("a", with("turn:a", seconds(9), Policy::Relay)),
                             scripted("b", with("stun:b"))),
                     Policy::All);
    CHECK(ask(asked)->policy == Policy::Relay);
    CHECK(ask(asked)->ttl == seconds(9));
    IceServers none(sources(scripted("b", with("stun:b"))), Policy::Relay);
    const Result refused = ask(none);
    REQUIRE_FALSE(refused);
    CHECK(refused.error().problem == Problem::Unavailable);
}

TEST_CASE("no sources, no servers") {
    IceServers servers({}, Policy::All);
    CHECK(ask(servers)->servers.empty());
    IceServers impossible({}, Policy::Relay);
    CHECK_FALSE(ask(impossible));
}

TEST_CASE("a failing source fails all of it unless another gives a relay") {
    IceServers some(sources(scripted("a", failed("asleep")), scripted("b", with("turn:b"))),
                    Policy::All);
    REQUIRE(ask(some));
    CHECK(urlsOf(*ask(some)) == "turn:b ");
    IceServers stunOnly(sources(scripted("a", failed("asleep")), scripted("b", with("stun:b"))),
                        Policy::All);
    const Result refused = ask(stunOnly);
    REQUIRE_FALSE(refused);
    CHECK(refused.error().problem == Problem::Unavailable);
    CHECK(refused.error().message == "No relay can be had now (a: asleep)");
    IceServers both(sources(scripted("a", failed("asleep")), scripted("b", failed("away"))),
                    Policy::All);
    CHECK(ask(both).error().message == "No relay can be had now (a: asleep; b: away)");
}

TEST_CASE("what the settings name, in the order that is promised") {
    Settings settings;
    settings.fixedUrls = {"turn:fixed.example"};
    settings.username = "u";
    settings.credential = "p";
    settings.serviceUrl = "https://turn.example/";
    settings.stun = {"stun:a.example", "stun:b.example"};
    settings.urls = {"turn:shared.example", "turns:shared.example"};
    settings.secret = "logen";
    settings.ttl = seconds(120);
    auto all = ice::configuredSources(settings);
    REQUIRE(all);
    std::string names;
    for (const auto& source : *all) {
        names += source->name() + " ";
    }
    CHECK(names == "stun urls fixed-urls service-url ");
    all->pop_back();
    IceServers servers(std::move(*all), Policy::All);
    const Result answer = ask(servers);
    REQUIRE(answer);
    CHECK(urlsOf(*answer) == "stun:a.example stun:b.example turn:shared.example "
                             "turns:shared.example turn:fixed.example ");
    CHECK(answer->ttl == seconds(120));
    CHECK(answer->servers[0].username.empty());
    CHECK(answer->servers[2].credential == "p");
}

TEST_CASE("each answer has credentials of its own, by the clock") {
    Settings settings;
    settings.urls = {"turn:a"};
    settings.secret = "logen";
    const auto all = ice::configuredSources(
        settings, [] { return std::chrono::sys_seconds(seconds(1'700'000'000)); });
    REQUIRE(all->size() == 1);
    ice::Source& source = *all->front();
    std::set<std::string> names;
    int answers = 0;
    for (int i = 0; i < 20; ++i) {
        source.ask({}, [&](const Result& answer) {
            ++answers;
            const IceServer& server = answer->servers.at(0);
            CHECK(server.username.starts_with("1700003600:"));
            CHECK(server.credential ==
                  ice::makeCredentials("logen", std::chrono::sys_seconds(seconds(1'700'003'600)),
                                       server.username.substr(11))
                      .password);
            names.insert(server.username);
        });
    }
    CHECK(answers == 0);
    REQUIRE(support::runUntil([&] { return answers == 20; }, std::chrono::seconds(1)));
    CHECK(names.size() == 20);
}
