#include "fixture.h"

#include "gateway/hls/channel.h"

using namespace std::chrono_literals;
using base::Problem;
using streams::StreamState;

TEST_CASE("a stream from offer to end") {
    Fixture fixture;
    fixture.start();
    const auto accepted = fixture.bring("demo", StreamState::Live);
    CHECK(accepted.description == "offer answered");
    const auto info = *fixture.registry->find("demo");
    CHECK(info.take == 0);
    CHECK(info.video->codec == "VP8");
    CHECK(info.live->video.size == base::PictureSize{1280, 720});
    CHECK(info.descriptionVersion == 1);
    REQUIRE(info.outputs.size() == 4);
    CHECK(info.outputs[1].port % 2 == 0);
    CHECK(info.outputs[1].audioPort % 2 == 0);
    CHECK(info.outputs[2].port % 2 == 0);
    CHECK(info.outputs[3].recording.starts_with(fixture.folder + "/recordings/demo/"));
    CHECK(fixture.registry->list().size() == 1);

    const hls::Channel* hls = fixture.registry->hls("demo");
    REQUIRE(support::runUntil([&] { return hls->ready(); }));
    CHECK(hls->multivariant("").find("CODECS=\"avc1.42c01f,mp4a.40.2\"") != std::string::npos);
    CHECK(hls->media("").find("ENDLIST") == std::string::npos);

    fixture.registry->unpublish(accepted.session, "the publisher left");
    CHECK(fixture.registry->find("demo")->state == StreamState::Ending);
    REQUIRE(fixture.waitForEnd("demo", 2s));
    CHECK(fixture.reasonOf("demo") == "the publisher left");
    CHECK(hls->media("").ends_with("#EXT-X-ENDLIST\n"));
    CHECK(hls->ready());
    const auto recordings = fixture.seen<streams::RecordingChanged>();
    REQUIRE(recordings.size() == 3);
    CHECK(recordings[0].recording.path == info.outputs[3].recording);
    CHECK(recordings[1].recording.phase == control::RecordingPhase::Stopped);
    CHECK_FALSE(recordings[1].processGone);
    CHECK(recordings[2].processGone);
}

TEST_CASE("numbers go on when a stream comes back, also after kill -9") {
    Fixture fixture;
    fixture.start();
    fixture.bring("demo", StreamState::Live);
    const hls::Channel* hls = fixture.registry->hls("demo");
    REQUIRE(support::runUntil([&] { return hls->ready(); }));
    const auto before = *fixture.registry->find("demo");
    fixture.killPipelineOf("demo");
    REQUIRE(fixture.waitForEnd("demo", 1s));
    CHECK(fixture.reasonOf("demo") == "the pipeline process was killed by signal 9 (Killed)");
    CHECK(fixture.seen<streams::RecordingChanged>().back().processGone);
    CHECK(hls->media("").ends_with("#EXT-X-ENDLIST\n"));

    fixture.bring("demo", StreamState::Live);
    REQUIRE(support::runUntil([&] { return hls->ready(); }));
    CHECK(fixture.registry->hls("demo") == hls);
    CHECK(hls->media("").find("#EXT-X-MEDIA-SEQUENCE:1\n") != std::string::npos);
    CHECK(hls->media("").find("#EXT-X-DISCONTINUITY\n") != std::string::npos);
    const auto after = *fixture.registry->find("demo");
    CHECK(after.take == before.take + 1);
    CHECK(after.outputs[1].port == before.outputs[1].port);
    CHECK(after.outputs[3].recording != before.outputs[3].recording);
}

TEST_CASE("a busy name, and one that is about to be free") {
    Fixture fixture;
    fixture.start();
    fixture.bring("demo", StreamState::Live);
    const auto busy = fixture.publish("demo");
    REQUIRE(support::runUntil([&] { return busy->has_value(); }));
    REQUIRE_FALSE((**busy).has_value());
    CHECK((**busy).error().problem == Problem::Conflict);

    REQUIRE(fixture.registry->remove("demo", "asked for"));
    const auto next = fixture.publish("demo");
    const auto third = fixture.publish("demo");
    REQUIRE(support::runUntil([&] { return next->has_value() && third->has_value(); }));
    CHECK((**next).has_value());
    CHECK((**third).error().problem == Problem::Conflict);
}

TEST_CASE("the limit of streams") {
    Fixture fixture("", 1);
    fixture.start();
    fixture.bring("a", StreamState::Live);
    const auto answer = fixture.publish("b");
    REQUIRE(support::runUntil([&] { return answer->has_value(); }));
    CHECK((**answer).error().problem == Problem::Unavailable);
    CHECK((**answer).error().message.find("[limits] streams") != std::string::npos);
    CHECK_FALSE(fixture.registry->canPublish());
    CHECK_FALSE(fixture.registry->find("b"));
}

TEST_CASE("an offer that the pipeline refuses") {
    Fixture fixture;
    fixture.start();
    const auto answer = fixture.publish("refused");
    REQUIRE(support::runUntil([&] { return answer->has_value(); }));
    CHECK((**answer).error().problem == Problem::Unprocessable);
    CHECK(fixture.waitForEnd("refused", 2s));
}

TEST_CASE("a publish is answered in time when its process crashes or says nothing") {
    Fixture fixture;
    fixture.start();
    const auto crash = fixture.publish("crash");
    const auto slow = fixture.publish("slow");
    REQUIRE(support::runUntil([&] { return crash->has_value(); }, 2s));
    CHECK((**crash).error().problem == Problem::Unavailable);
    REQUIRE(support::runUntil([&] { return slow->has_value(); }, 4900ms));
    CHECK((**slow).error().problem == Problem::Unavailable);
    CHECK((**slow).error().message == "the pipeline did not answer the offer in time");
    CHECK(fixture.waitForEnd("slow", 2s));
}

TEST_CASE("a publisher that never connects is freed") {
    Fixture fixture;
    fixture.start();
    fixture.bring("absent", StreamState::Connecting);
    REQUIRE(fixture.waitForEnd("absent", 15s));
    CHECK(fixture.reasonOf("absent").find("never connected") != std::string::npos);
    CHECK(fixture.registry->hls("absent")->ready() == false);
    CHECK(fixture.seen<streams::RecordingChanged>().empty());
}

TEST_CASE("candidates reach the pipeline, and what it says of the publisher ends the stream") {
    Fixture fixture;
    fixture.start();
    const auto accepted = fixture.bring("demo", StreamState::Live);
    fixture.registry->candidate("no such session", 0, "x");
    fixture.registry->candidate(accepted.session, 0, "candidate:1");
    REQUIRE(fixture.waitForEnd("demo", 2s));
    CHECK(fixture.reasonOf("demo") == "told: candidate:1");
}

TEST_CASE("when the pictures change, another recording follows") {
    Fixture fixture;
    fixture.start();
    const auto accepted = fixture.bring("demo", StreamState::Live);
    const auto recordings = [&] { return fixture.seen<streams::RecordingChanged>(); };
    REQUIRE(support::runUntil([&] { return recordings().size() == 1; }));
    fixture.registry->candidate(accepted.session, 0, "resize");
    REQUIRE(support::runUntil([&] { return recordings().size() == 4; }));
    const auto told = recordings();
    CHECK(told[1].recording.phase == control::RecordingPhase::Stopped);
    CHECK(told[2].processGone);
    CHECK(told[2].recording.path == told[0].recording.path);
    CHECK(told[3].recording.phase == control::RecordingPhase::Recording);
    CHECK(told[3].recording.path != told[0].recording.path);
    const auto info = *fixture.registry->find("demo");
    CHECK(info.state == StreamState::Live);
    CHECK(info.outputs.size() == 4);
    CHECK(info.outputs[3].recording == told[3].recording.path);

    REQUIRE(fixture.registry->remove("demo", "enough"));
    REQUIRE(fixture.waitForEnd("demo", 2s));
    CHECK(recordings().back().processGone);
    CHECK(recordings().back().recording.path == told[3].recording.path);
}

TEST_CASE("shutdown ends everything in order") {
    Fixture fixture;
    fixture.start();
    fixture.bring("a", StreamState::Live);
    fixture.bring("b", StreamState::Live);
    int done = 0;
    fixture.registry->shutdown([&] { ++done; });
    const auto late = fixture.publish("c");
    REQUIRE(support::runUntil([&] { return done > 0; }, 3s));
    CHECK(done == 1);
    CHECK(pipelineProcesses().empty());
    CHECK((**late).error().problem == Problem::Unavailable);
    CHECK(fixture.reasonOf("a") == "Spillway is stopping");
}

TEST_CASE("segments of an earlier run are removed at the start") {
    Fixture fixture;
    std::filesystem::create_directories(fixture.folder + "/run/demo/x");
    fixture.start();
    CHECK_FALSE(std::filesystem::exists(fixture.folder + "/run/demo"));
}
