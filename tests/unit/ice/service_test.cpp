#include "gateway/ice/service_source.h"
#include "tests/support/run_until.h"

#include <catch2/catch.hpp>

using base::Problem;
using ice::IceConfiguration;
using ice::ServiceSource;
using std::chrono::seconds;
using support::runUntil;

namespace {

using Result = base::Result<IceConfiguration>;

/// A service that the test answers for, and its clock.
struct Service {
    explicit Service(const std::string& url = "https://turn.example/ice?service=turn") {
        source.emplace(
            url, ServiceSource::Headers{{"Authorization", "Bearer hush"}},
            [this](const http::Get& wanted, std::function<void(base::Result<http::Fetched>)> done) {
                asked.push_back(wanted);
                pending.push_back(std::move(done));
            },
            [this] { return std::chrono::sys_seconds(seconds(1'700'000'000) + passed); });
    }

    std::shared_ptr<std::optional<Result>> ask() {
        auto result = std::make_shared<std::optional<Result>>();
        source->ask({"demo", "localhost", true}, [result](Result answer) {
            REQUIRE_FALSE(result->has_value());
            *result = std::move(answer);
        });
        REQUIRE_FALSE(result->has_value());
        return result;
    }
    void answer(base::Result<http::Fetched> fetched) {
        REQUIRE(pending.size() == 1);
        const auto done = std::exchange(pending, {}).front();
        done(std::move(fetched));
    }
    void answer(const std::string& body, std::map<std::string, std::string> headers = {}) {
        answer(http::Fetched{200, "OK", std::move(headers), body});
    }
    void fail(const std::string& words) {
        answer(base::Result<http::Fetched>(base::fail(Problem::Timeout, words)));
    }
    /// The answer of what need not ask the service.
    Result known() {
        const auto result = ask();
        REQUIRE(runUntil([&] { return result->has_value(); }, std::chrono::seconds(1)));
        CHECK(pending.empty());
        return **result;
    }

    seconds passed{0};
    std::vector<http::Get> asked;
    std::vector<std::function<void(base::Result<http::Fetched>)>> pending;
    std::optional<ServiceSource> source;
};

constexpr const char* kExpiring =
    R"({"username":"1700000600:x","password":"p","ttl":600,"uris":["turn:a"]})";
constexpr const char* kLasting =
    R"({"iceServers":[{"urls":"turn:a","username":"u","credential":"p"}]})";

} // namespace

TEST_CASE("the service is asked with its query, a name and the headers") {
    Service service;
    const auto result = service.ask();
    REQUIRE(service.asked.size() == 1);
    const http::Get& wanted = service.asked[0];
    const std::string start = "https://turn.example/ice?service=turn&username=";
    CHECK(wanted.url.starts_with(start));
    CHECK(wanted.url.size() == start.size() + 16);
    CHECK(wanted.headers.back().second == "Bearer hush");
    CHECK(wanted.timeout == base::Milliseconds(3000));
    service.answer(kExpiring);
    REQUIRE(result->has_value());
    REQUIRE(**result);
    CHECK((**result)->ttl == seconds(600));
}

TEST_CASE("a name in the address stays, and each request has another") {
    Service named("https://turn.example/ice?username=me&service=turn");
    named.ask();
    CHECK(named.asked[0].url == "https://turn.example/ice?username=me&service=turn");
    Service plain("http://turn.example/");
    plain.ask();
    plain.fail("no");
    plain.ask();
    CHECK(plain.asked[0].url.starts_with("http://turn.example/?username="));
    CHECK(plain.asked[0].url != plain.asked[1].url);
}

TEST_CASE("those who ask together share one request") {
    Service service;
    const auto first = service.ask();
    const auto second = service.ask();
    CHECK(service.asked.size() == 1);
    service.answer(kLasting);
    REQUIRE((first->has_value() && second->has_value()));
    CHECK((**first && **second));
}

TEST_CASE("an answer is used again for half of its time") {
    Service service;
    service.ask();
    service.answer(kExpiring);
    service.passed = seconds(299);
    const Result again = service.known();
    REQUIRE(again);
    CHECK(again->ttl == seconds(301));
    service.passed = seconds(300);
    service.ask();
    CHECK(service.asked.size() == 2);
}

TEST_CASE("a service that fails has its last answer used until that expires") {
    Service service;
    service.ask();
    service.answer(kExpiring);
    service.passed = seconds(400);
    const auto late = service.ask();
    service.fail("it did not answer within 3 s");
    REQUIRE(late->has_value());
    REQUIRE(**late);
    CHECK((**late)->ttl == seconds(200));
    CHECK((**late)->servers[0].urls[0] == "turn:a");

    service.passed = seconds(591); // nine seconds are no time to publish in
    const auto tooLate = service.ask();
    service.fail("it did not answer within 3 s");
    REQUIRE(tooLate->has_value());
    REQUIRE_FALSE(**tooLate);
    CHECK((*tooLate)->error().message ==
          "the service at turn.example: it did not answer within 3 s");

    service.passed = seconds(0); // a clock set back makes nothing last longer
    CHECK(service.known()->ttl == seconds(600));
}

TEST_CASE("an answer without an end is used once, or as long as Cache-Control says") {
    Service service;
    service.ask();
    service.answer(kLasting);
    service.ask();
    CHECK(service.asked.size() == 2);
    service.answer(kLasting, {{"cache-control", "private, Max-Age=60"}});
    service.passed = seconds(59);
    const Result again = service.known();
    REQUIRE(again);
    CHECK_FALSE(again->ttl);
    service.passed = seconds(60);
    const auto failed = service.ask();
    service.fail("gone");
    CHECK_FALSE(**failed);
    for (const char* header : {"no-store, max-age=60", "max-age=0", "s-maxage=60", "max-age=-5",
                               "max-age=x", "no-cache, max-age=60", "xmax-age=60", ""}) {
        INFO(header);
        const std::size_t before = service.asked.size();
        service.ask();
        service.answer(kLasting, {{"cache-control", header}});
        service.ask();
        CHECK(service.asked.size() == before + 2);
        service.fail("gone");
    }
}

TEST_CASE("a failure is told in the service's words") {
    Service service;
    const auto refused = service.ask();
    service.answer(http::Fetched{500, "Internal Server Error", {}, "out of\n\x1b coffee\n"});
    CHECK((*refused)->error().message ==
          "the service at turn.example: it answered 500 Internal Server Error: out of coffee");
    const auto moved = service.ask();
    service.answer(http::Fetched{302, "Found", {{"location", "http://evil.example/"}}, ""});
    CHECK((*moved)->error().message.find("not followed") != std::string::npos);
    const auto empty = service.ask();
    service.answer(http::Fetched{204, "", {}, ""});
    CHECK((*empty)->error().message == "the service at turn.example: it answered 204");
    const auto lie = service.ask();
    service.answer(R"({"iceServers":[{"urls":"turn:a"}]})");
    CHECK((*lie)->error().message ==
          "the service at turn.example: its answer can't be used: a relay is without username "
          "and password");
    CHECK((*lie)->error().message.find("service=turn") == std::string::npos);
}

TEST_CASE("a source that is gone answers nobody") {
    Service service;
    const auto result = service.ask();
    service.source.reset();
    service.answer(kLasting);
    CHECK_FALSE(result->has_value());
}
