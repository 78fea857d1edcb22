#include "fixture.h"

#include "gateway/hls/channel.h"

using namespace std::chrono_literals;
using base::Problem;
using streams::StreamState;

namespace {

struct TakeOver : Fixture {
    explicit TakeOver(const std::string& name, int limit = 8) : Fixture("", limit), stream(name) {
        start();
        session = bring(stream, StreamState::Live).session;
    }

    /// Asks for another session in the current one's place, and waits for the answer.
    Answer replace(const std::string& replaces) {
        const auto answer = publish(stream, replaces);
        REQUIRE(support::runUntil([&] { return answer->has_value(); }, 4900ms));
        return **answer;
    }
    std::string replaceCurrent() {
        const auto answer = replace(session);
        REQUIRE(answer.has_value());
        return answer->session;
    }
    bool isCurrent(const std::string& wanted) {
        return support::runUntil(
            [&] {
                const auto info = registry->find(stream);
                return info && info->session == wanted;
            },
            2s);
    }
    /// It never was anything but live since it became so.
    bool stayedLive() const {
        bool wasLive = false;
        for (const auto& change : seen<streams::StreamChanged>()) {
            wasLive = wasLive || change.stream.state == StreamState::Live;
            if (wasLive && change.stream.state != StreamState::Live) {
                return false;
            }
        }
        return wasLive;
    }

    std::string stream;
    std::string session;
};

} // namespace

TEST_CASE("another session takes over, in the same process and at the limit of streams") {
    TakeOver test("demo", 1);
    const hls::Channel* hls = test.registry->hls("demo");
    REQUIRE(support::runUntil([&] { return hls->ready(); }));
    const auto before = *test.registry->find("demo");
    const auto processes = pipelineProcesses();
    const std::string next = test.replaceCurrent();
    CHECK(next != test.session);
    REQUIRE(test.isCurrent(next));
    const auto after = *test.registry->find("demo");
    CHECK(after.incoming.empty());
    CHECK(after.state == StreamState::Live);
    CHECK(after.start == before.start);
    CHECK(after.take == before.take);
    CHECK(after.descriptionVersion == before.descriptionVersion);
    CHECK(after.audio->codec == "Opus"); // the first one had no sound
    CHECK(after.outputs.size() == before.outputs.size());
    CHECK(pipelineProcesses() == processes);
    CHECK(test.stayedLive());

    test.registry->unpublish(test.session, "too late"); // of a session that is no more
    CHECK_FALSE(test.waitForEnd("demo", 200ms));
    CHECK(hls->media("").find("DISCONTINUITY\n") == std::string::npos);
    test.registry->unpublish(next, "the publisher stopped");
    REQUIRE(test.waitForEnd("demo", 2s));
    CHECK(test.reasonOf("demo") == "the publisher stopped");
    CHECK(test.seen<streams::RecordingChanged>().back().recording.path ==
          before.outputs[3].recording);
}

TEST_CASE("only the current session of a live stream can be replaced") {
    TakeOver test("patient");
    for (const char* other : {"no such session", "0"}) {
        const auto answer = test.replace(other);
        REQUIRE_FALSE(answer.has_value());
        CHECK(answer.error().problem == Problem::Conflict);
    }
    const std::string incoming = test.replaceCurrent();
    CHECK(test.replace(incoming).error().problem == Problem::Conflict);
    test.stream = "other";
    CHECK(test.replace(test.session).error().problem == Problem::Conflict);
    CHECK_FALSE(test.registry->find("other"));
    CHECK(test.registry->find("patient")->session == test.session);
    CHECK(test.stayedLive());
}

TEST_CASE("a session that the pipeline refuses, or does not answer, leaves the stream alone") {
    const std::string name = GENERATE("picky", "hesitant");
    TakeOver test(name);
    const auto answer = test.replace(test.session);
    REQUIRE_FALSE(answer.has_value());
    CHECK(answer.error().problem ==
          (name == "picky" ? Problem::Unprocessable : Problem::Unavailable));
    REQUIRE(support::runUntil([&] { return test.registry->find(name)->incoming.empty(); }, 2s));
    CHECK(test.registry->find(name)->session == test.session);
    CHECK(test.stayedLive());
}

TEST_CASE("candidates reach the session they are for, and a session that fails ends alone") {
    TakeOver test("patient");
    const std::string incoming = test.replaceCurrent();
    REQUIRE(test.registry->find("patient")->incoming == std::vector<std::string>{incoming});
    test.registry->candidate(incoming, 0, "candidate:1"); // with which the script closes it
    REQUIRE(
        support::runUntil([&] { return test.registry->find("patient")->incoming.empty(); }, 2s));
    CHECK(test.registry->find("patient")->session == test.session);

    const std::string second = test.replaceCurrent();
    test.registry->unpublish(second, "the publisher stopped");
    REQUIRE(
        support::runUntil([&] { return test.registry->find("patient")->incoming.empty(); }, 2s));
    CHECK(test.registry->find("patient")->session == test.session);
    CHECK(test.stayedLive());
}

TEST_CASE("a stream whose session ends waits for the one that is to take its place") {
    TakeOver test("patient");
    const std::string incoming = test.replaceCurrent();
    SECTION("lost") {
        test.registry->candidate(test.session, 0, "candidate:1");
    }
    SECTION("ended by the publisher") {
        test.registry->unpublish(test.session, "stopped");
    }
    REQUIRE(test.isCurrent(incoming));
    CHECK(test.stayedLive());
    // It can be replaced in its turn.
    test.session = incoming;
    const std::string third = test.replaceCurrent();
    test.registry->candidate(third, 0, "take over");
    REQUIRE(test.isCurrent(third));
    CHECK(test.stayedLive());
    test.registry->candidate(third, 0, "candidate:2");
    REQUIRE(test.waitForEnd("patient", 2s));
    CHECK(test.reasonOf("patient") == "told: candidate:2");
}

TEST_CASE("a stream that ends takes every session with it") {
    TakeOver test("hesitant");
    const auto answer = test.publish("hesitant", test.session);
    REQUIRE(test.registry->remove("hesitant", "asked for"));
    REQUIRE(support::runUntil([&] { return answer->has_value(); }, 1s));
    CHECK((**answer).error().problem == Problem::Unavailable);
    REQUIRE(test.waitForEnd("hesitant", 2s));
    const auto last = test.seen<streams::StreamChanged>().back();
    CHECK(last.stream.cause == streams::EndCause::Removed);
}
