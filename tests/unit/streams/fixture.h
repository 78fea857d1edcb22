#pragma once

#include "gateway/streams/registry.h"
#include "tests/support/run_until.h"

#include <catch2/catch.hpp>
#include <csignal>
#include <filesystem>
#include <unistd.h>

/// The processes of this test that run the scripted pipeline.
inline std::vector<pid_t> pipelineProcesses() {
    std::vector<pid_t> found;
    for (const auto& entry : std::filesystem::directory_iterator("/proc")) {
        const std::string name = entry.path().filename();
        std::error_code error;
        const auto program = std::filesystem::read_symlink(entry.path() / "exe", error);
        if (name.find_first_not_of("0123456789") != std::string::npos || error ||
            program != std::filesystem::canonical(SCRIPTED_PIPELINE)) {
            continue;
        }
        if (FILE* status = std::fopen((entry.path() / "stat").c_str(), "r")) {
            int parent = 0;
            const int got = std::fscanf(status, "%*d %*s %*c %d", &parent);
            std::fclose(status);
            if (got == 1 && parent == ::getpid()) {
                found.push_back(std::stoi(name));
            }
        }
    }
    return found;
}

/// A registry over scripted pipeline processes, in a temporary folder.
struct Fixture {
    explicit Fixture(const char* script = "", int limit = 8) {
        ::setenv("SCRIPT", script, 1);
        char name[] = "/tmp/unit-streams-XXXXXX";
        folder = mkdtemp(name);
        std::filesystem::create_directories(folder + "/run");
        std::filesystem::create_directories(folder + "/recordings");
        config.pipeline = SCRIPTED_PIPELINE;
        config.runDirectory = folder + "/run";
        config.recordingsDirectory = folder + "/recordings";
        config.streamLimit = limit;
        config.rtp.firstPort = 30000 + ::getpid() % 1000 * 20;
        config.rtp.lastPort = config.rtp.firstPort + 99;
        config.recordingPath = [this](const std::string& stream,
                                      base::WallTime) -> base::Result<std::string> {
            const std::string place = folder + "/recordings/" + stream;
            std::filesystem::create_directories(place);
            return place + "/" + std::to_string(++recordings) + ".mp4.part";
        };
    }
    ~Fixture() {
        registry.reset();
        support::runUntil([] { return pipelineProcesses().empty(); });
        std::filesystem::remove_all(folder);
    }

    void start() {
        auto made = streams::Registry::create(config);
        if (!made) {
            FAIL(made.error().message);
        }
        registry = std::move(*made);
        subscription =
            registry->subscribe([this](const streams::Event& event) { events.push_back(event); });
    }

    using Answer = base::Result<streams::Accepted>;
    /// The answer arrives in the result, later.
    std::shared_ptr<std::optional<Answer>> publish(const std::string& stream,
                                                   const std::string& replaces = {}) {
        auto answer = std::make_shared<std::optional<Answer>>();
        registry->publish({stream, "offer", true, replaces}, [answer](Answer result) {
            REQUIRE_FALSE(answer->has_value());
            *answer = std::move(result);
        });
        REQUIRE_FALSE(answer->has_value());
        return answer;
    }
    /// Publishes and waits for that state.
    streams::Accepted bring(const std::string& stream, streams::StreamState state) {
        const auto answer = publish(stream);
        REQUIRE(support::runUntil([&] { return answer->has_value(); }));
        REQUIRE((**answer).has_value());
        REQUIRE(support::runUntil([&] {
            const auto info = registry->find(stream);
            return info && info->state == state;
        }));
        return ***answer;
    }

    /// kill -9 of the process that carries this stream.
    void killPipelineOf(const std::string& stream) {
        registry->candidate(registry->find(stream)->session, 0, "die");
    }

    template <class T>
    std::vector<T> seen() const {
        std::vector<T> found;
        for (const auto& event : events) {
            if (const auto* one = std::get_if<T>(&event)) {
                found.push_back(*one);
            }
        }
        return found;
    }
    /// Why the stream ended; empty when it has not.
    std::string reasonOf(const std::string& stream) const {
        std::string reason;
        for (const auto& change : seen<streams::StreamChanged>()) {
            if (change.stream.name == stream &&
                change.stream.state == streams::StreamState::Ended) {
                reason = change.reason;
            }
        }
        return reason;
    }
    bool waitForEnd(const std::string& stream, std::chrono::milliseconds deadline) {
        return support::runUntil(
            [&] { return !registry->find(stream) && !reasonOf(stream).empty(); }, deadline);
    }

    std::string folder;
    int recordings = 0;
    streams::Config config;
    std::unique_ptr<streams::Registry> registry;
    streams::Subscription subscription;
    std::vector<streams::Event> events;
};
