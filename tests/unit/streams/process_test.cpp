#include "fixture.h"

#include <fstream>

using namespace std::chrono_literals;
using base::Problem;
using streams::StreamState;

TEST_CASE("exactly one spare process, and another when it is taken") {
    Fixture fixture;
    fixture.start();
    CHECK_FALSE(fixture.registry->canPublish()); // starting
    REQUIRE(support::runUntil([&] { return fixture.registry->canPublish().has_value(); }));
    CHECK(pipelineProcesses().size() == 1);
    fixture.bring("a", StreamState::Live);
    REQUIRE(support::runUntil([&] { return pipelineProcesses().size() == 2; }));
    REQUIRE(fixture.registry->remove("a", "asked for"));
    REQUIRE(fixture.waitForEnd("a", 2s));
    CHECK(fixture.reasonOf("a") == "asked for");
    CHECK(pipelineProcesses().size() == 1);
}

TEST_CASE("a burst beyond the spare is served, and leaves one spare") {
    Fixture fixture;
    fixture.start();
    std::vector<std::shared_ptr<std::optional<Fixture::Answer>>> answers;
    for (int i = 0; i < 6; ++i) {
        answers.push_back(fixture.publish("s" + std::to_string(i)));
    }
    REQUIRE(support::runUntil(
        [&] {
            return std::all_of(answers.begin(), answers.end(),
                               [](const auto& answer) { return answer->has_value(); });
        },
        4600ms));
    for (const auto& answer : answers) {
        CHECK((**answer).has_value());
    }
    CHECK(support::runUntil([&] { return pipelineProcesses().size() == 7; }));
}

TEST_CASE("children run without privileges, out of the way, and with nothing open") {
    Fixture fixture;
    fixture.start();
    REQUIRE(support::runUntil([&] { return fixture.registry->canPublish().has_value(); }));
    const auto processes = pipelineProcesses();
    REQUIRE(processes.size() == 1);
    const std::string proc = "/proc/" + std::to_string(processes[0]);
    std::ifstream status(proc + "/status");
    const std::string text((std::istreambuf_iterator<char>(status)), {});
    CHECK(text.find("NoNewPrivs:\t1") != std::string::npos);
    if (::geteuid() == 0) {
        CHECK(text.find("Uid:\t0") == std::string::npos);
        CHECK(text.find("Gid:\t0") == std::string::npos);
        CHECK(text.find("CapEff:\t0000000000000000") != std::string::npos);
    }
    std::string adjust;
    std::ifstream(proc + "/oom_score_adj") >> adjust;
    CHECK(adjust == "500");
    std::ifstream environment(proc + "/environ");
    const std::string variables((std::istreambuf_iterator<char>(environment)), {});
    CHECK(variables.find("MALLOC_ARENA_MAX=2") != std::string::npos);
    for (const auto& entry : std::filesystem::directory_iterator(proc + "/fd")) {
        const std::string target = std::filesystem::read_symlink(entry.path());
        if (target == fixture.folder + "/run" || target == fixture.folder + "/recordings") {
            continue;
        }
        INFO(entry.path() << " -> " << target);
        CHECK((std::stoi(entry.path().filename()) <= 2 || target.starts_with("anon_inode:")));
    }
}

TEST_CASE("a process that dies at its start is tried again, and the reason is told meanwhile") {
    Fixture fixture("dies");
    fixture.start();
    REQUIRE(support::runUntil([&] {
        const auto can = fixture.registry->canPublish();
        return !can && can.error().message.find("exited with 3") != std::string::npos;
    }));
    CHECK(fixture.registry->canPublish().error().problem == Problem::Unavailable);
    const auto answer = fixture.publish("a");
    ::setenv("SCRIPT", "", 1); // repaired
    REQUIRE(support::runUntil([&] { return answer->has_value(); }, 4600ms));
    CHECK((**answer).has_value());
    CHECK(fixture.registry->canPublish());
}

TEST_CASE("missing packages are named") {
    Fixture fixture("missing");
    fixture.start();
    REQUIRE(support::runUntil([&] {
        const auto can = fixture.registry->canPublish();
        return !can && can.error().message.find("gstreamer1.0-plugins-ugly") != std::string::npos;
    }));
    const auto answer = fixture.publish("a");
    REQUIRE(support::runUntil([&] { return answer->has_value(); }, 5s));
    REQUIRE_FALSE((**answer).has_value());
    CHECK((**answer).error().problem == Problem::Unavailable);
    CHECK((**answer).error().message.find("gstreamer1.0-plugins-ugly") != std::string::npos);
}

TEST_CASE("a program that is not there is an error that names it") {
    Fixture fixture;
    fixture.config.pipeline = fixture.folder + "/nothing";
    fixture.start();
    REQUIRE_FALSE(fixture.registry->canPublish());
    CHECK(fixture.registry->canPublish().error().message.find(fixture.folder + "/nothing") !=
          std::string::npos);
}

TEST_CASE("a line that is no message ends that stream only") {
    Fixture fixture;
    fixture.start();
    fixture.bring("other", StreamState::Live);
    fixture.publish("garbage");
    REQUIRE(fixture.waitForEnd("garbage", 5s));
    CHECK(fixture.reasonOf("garbage").find("no message") != std::string::npos);
    CHECK(fixture.registry->find("other")->state == StreamState::Live);
}

TEST_CASE("no sign of life for 5 s ends that stream") {
    Fixture fixture;
    fixture.start();
    const auto begin = std::chrono::steady_clock::now();
    fixture.publish("mute");
    REQUIRE(fixture.waitForEnd("mute", 9s));
    CHECK(std::chrono::steady_clock::now() - begin > 4500ms);
    CHECK(fixture.reasonOf("mute").find("no sign of life") != std::string::npos);
}

TEST_CASE("a spare that falls silent is replaced") {
    Fixture fixture("mute");
    fixture.start();
    REQUIRE(support::runUntil([&] { return pipelineProcesses().size() == 1; }));
    const pid_t first = pipelineProcesses().at(0);
    ::setenv("SCRIPT", "", 1);
    CHECK(support::runUntil(
        [&] {
            const auto now = pipelineProcesses();
            return now.size() == 1 && now[0] != first && fixture.registry->canPublish();
        },
        10s));
}

TEST_CASE("one that does not stop is killed") {
    Fixture fixture;
    fixture.start();
    fixture.bring("stubborn", StreamState::Live);
    REQUIRE(fixture.registry->remove("stubborn", "asked for"));
    CHECK(fixture.registry->find("stubborn")->state == StreamState::Ending);
    REQUIRE(fixture.waitForEnd("stubborn", 9s));
    CHECK(fixture.reasonOf("stubborn").starts_with("asked for; "));
    CHECK(fixture.reasonOf("stubborn").find("did not stop") != std::string::npos);
}
