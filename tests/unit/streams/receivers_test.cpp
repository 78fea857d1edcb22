#include "fixture.h"

using namespace std::chrono_literals;
using base::Problem;
using streams::OutputType;
using streams::StreamState;

TEST_CASE("receivers come and go while the stream is live") {
    Fixture fixture;
    fixture.start();
    fixture.bring("demo", StreamState::Live);
    const auto rtp = fixture.registry->addReceiver("demo", {OutputType::Rtp, "127.0.0.1", 40000});
    REQUIRE(rtp);
    CHECK(rtp->id == "r1");
    CHECK(rtp->audioPort == 40002);
    const auto ts = fixture.registry->addReceiver("demo", {OutputType::Ts, "::1", 40010});
    REQUIRE(ts);
    CHECK(ts->id == "r2");
    REQUIRE(support::runUntil([&] {
        return fixture.registry->find("demo")->outputs.back().phase ==
               control::OutputPhase::Running;
    }));
    CHECK(fixture.registry->removeReceiver("demo", "r1"));
    CHECK(fixture.registry->removeReceiver("demo", "r1").error().problem == Problem::NotFound);
    CHECK(fixture.registry->removeReceiver("demo", "rtp").error().problem == Problem::Conflict);
    CHECK(fixture.registry->addReceiver("demo", {OutputType::Rtp, "127.0.0.1", 40000})->id == "r3");
    CHECK(fixture.registry->find("demo")->outputs.size() == 6);
}

TEST_CASE("what can't be a receiver") {
    Fixture fixture;
    fixture.start();
    fixture.bring("demo", StreamState::Live);
    fixture.bring("absent", StreamState::Connecting);
    const auto problem = [&](const std::string& stream, const std::string& host, int port) {
        const auto added = fixture.registry->addReceiver(stream, {OutputType::Rtp, host, port});
        REQUIRE_FALSE(added);
        return added.error().problem;
    };
    CHECK(problem("other", "127.0.0.1", 40000) == Problem::NotFound);
    CHECK(problem("absent", "127.0.0.1", 40000) == Problem::Conflict);
    CHECK(problem("demo", "192.0.2.1", 40000) == Problem::Forbidden);
    CHECK(problem("demo", "127.0.0.1", 1000) == Problem::Unprocessable);
    for (int i = 0; i < 16; ++i) {
        REQUIRE(
            fixture.registry->addReceiver("demo", {OutputType::Ts, "127.0.0.1", 40000 + 4 * i}));
    }
    CHECK(problem("demo", "127.0.0.1", 50000) == Problem::Conflict);
}

TEST_CASE("an output without a port says why, and the stream goes on") {
    Fixture fixture;
    fixture.config.rtp.lastPort =
        fixture.config.rtp.firstPort + 3; // two pairs: none is left for ts
    fixture.config.recordingPath = nullptr;
    fixture.start();
    fixture.bring("demo", StreamState::Live);
    const auto outputs = fixture.registry->find("demo")->outputs;
    REQUIRE(outputs.size() == 3);
    CHECK(outputs[1].port == fixture.config.rtp.firstPort);
    CHECK(outputs[2].id == "ts");
    CHECK(outputs[2].phase == control::OutputPhase::Failed);
    CHECK(outputs[2].error.find("[rtp] ports") != std::string::npos);
}
