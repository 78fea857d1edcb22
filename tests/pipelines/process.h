#pragma once

#include "pipelines/base/line_channel.h"
#include "pipelines/control/messages.h"
#include "tests/support/run_until.h"

#include <catch2/catch.hpp>
#include <chrono>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <sys/types.h>
#include <vector>

/// A real `spillway-pipeline` with a folder of its own, spoken to as the gateway does. Keeps every
/// message with the time it came. Thread-bound.
class PipelineProcess {
public:
    using Time = std::chrono::steady_clock::time_point;
    struct Said {
        Time at;
        control::FromPipeline message;
    };

    /// `preload`: a library that comes before all others.
    explicit PipelineProcess(const std::string& preload = {});
    PipelineProcess(const PipelineProcess&) = delete;
    PipelineProcess& operator=(const PipelineProcess&) = delete;
    /// Kills it when it still runs; every line it ever said was a message.
    ~PipelineProcess();

    void send(const control::ToPipeline& message) { channel_->send(control::print(message)); }
    void sendLine(const std::string& line) { channel_->send(line); }
    /// The gateway is gone.
    void hangUp() { channel_.reset(); }
    void signal(int number) const;

    [[nodiscard]] const std::vector<Said>& said() const { return said_; }
    /// Every message of a kind, in order.
    template <class T>
    [[nodiscard]] std::vector<T> all() const {
        std::vector<T> found;
        for (const Said& said : said_) {
            if (const auto* message = std::get_if<T>(&said.message)) {
                found.push_back(*message);
            }
        }
        return found;
    }
    template <class T>
    [[nodiscard]] std::optional<T>
    first(const std::function<bool(const T&)>& wanted = nullptr) const {
        for (const T& message : all<T>()) {
            if (!wanted || wanted(message)) {
                return message;
            }
        }
        return std::nullopt;
    }
    /// Waits for the first such message; fails the test without it.
    template <class T>
    T await(std::chrono::milliseconds deadline,
            const std::function<bool(const T&)>& wanted = nullptr) {
        std::optional<T> found;
        support::runUntil([&] { return (found = first<T>(wanted)).has_value() || exited(); },
                          deadline);
        found = first<T>(wanted);
        if (!found) {
            FAIL("no such message within " << deadline.count() << " ms; the pipeline said:\n"
                                           << transcript());
        }
        return *found;
    }
    control::OutputState awaitOutput(const std::string& output, control::OutputPhase phase,
                                     std::chrono::milliseconds deadline = std::chrono::seconds(8));

    [[nodiscard]] bool exited() const { return status_.has_value(); }
    /// Waits for the end; the exit code, or minus the signal's number; nothing when it still runs.
    std::optional<int> awaitExit(std::chrono::milliseconds deadline);
    /// Asks it to stop, and checks that it exits with 0 within 5 s.
    void stop();

    [[nodiscard]] pid_t pid() const { return pid_; }
    [[nodiscard]] const std::string& folder() const { return folder_; }
    /// What it wrote to standard error.
    [[nodiscard]] std::string log() const;
    /// All that was said and when, a line each, and the log.
    [[nodiscard]] std::string transcript() const;

private:
    void onLine(std::string_view line);

    Time started_ = std::chrono::steady_clock::now();
    std::string folder_;
    pid_t pid_ = -1;
    unsigned watch_ = 0;
    std::optional<int> status_;
    std::unique_ptr<base::LineChannel> channel_;
    std::vector<Said> said_;
    std::vector<std::string> broken_;
};
