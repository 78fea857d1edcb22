#pragma once

#include "pipelines/base/loop.h"
#include "pipelines/fanout/fanout.h"
#include "pipelines/outputs/output.h"

#include <chrono>
#include <filesystem>
#include <string>
#include <vector>

namespace test {

/// Encoded once by x264enc and avenc_aac: a moving test picture of 30 pictures a second and a tone.
struct Media {
    fanout::Format format;
    std::vector<fanout::AccessUnit> units; ///< in the order of their times, from zero
    base::Nanoseconds length{};
};

/// 20 s of 640x360 with a key frame each half second. Kept for the whole run.
const Media& media();
/// 2 s of another size.
const Media& smallMedia();
/// Frees both.
void dropMedia();

/// Plays media into a fan-out from the main loop, over and over, `speed` times as fast as it is.
class Playback {
public:
    Playback(const Media& media, fanout::Fanout& fanout, double speed = 1,
             base::Nanoseconds start = std::chrono::seconds(100));

    /// Of the last unit pushed.
    [[nodiscard]] base::Nanoseconds time() const { return time_; }
    [[nodiscard]] base::Nanoseconds start() const { return start_; }
    void stop() { timer_.stop(); }
    /// Another number for what follows.
    void setTake(std::int64_t take) { take_ = take; }

private:
    void push();

    const Media& media_;
    fanout::Fanout& fanout_;
    double speed_;
    base::Nanoseconds start_;
    base::Nanoseconds time_{};
    std::int64_t take_ = 1;
    std::size_t next_ = 0;
    base::Nanoseconds round_{}; ///< added to the media's times
    std::chrono::steady_clock::time_point began_ = std::chrono::steady_clock::now();
    base::Timer timer_;
};

/// Pushes all media at once.
void pushAll(const Media& media, fanout::Fanout& fanout, base::Nanoseconds start,
             base::Nanoseconds length, std::int64_t take = 1);

/// Gone at the end of the test.
class Folder {
public:
    Folder();
    Folder(const Folder&) = delete;
    Folder& operator=(const Folder&) = delete;
    ~Folder();
    [[nodiscard]] std::filesystem::path path() const { return path_; }
    [[nodiscard]] std::string operator/(const std::string& name) const { return path_ / name; }

private:
    std::filesystem::path path_;
};

/// What a command prints on standard output; its status is checked with 124 for longer than 60 s.
struct Run {
    int status = -1;
    std::string output;
};
Run run(const std::string& command);
/// In the background; ended with the object.
class Child {
public:
    explicit Child(std::vector<std::string> command);
    Child(const Child&) = delete;
    Child& operator=(const Child&) = delete;
    ~Child();
    /// False while it runs.
    bool ended();
    [[nodiscard]] int status() const { return status_; }
    [[nodiscard]] int pid() const { return pid_; }

private:
    int pid_ = 0;
    int status_ = -1;
    bool ended_ = false;
};

/// Everything an output reported.
struct Told {
    std::vector<control::OutputState> states;
    std::vector<control::Segment> segments;
    std::vector<control::Recording> recordings;

    /// For an output named "output".
    outputs::Reporter reporter();
    [[nodiscard]] bool has(control::OutputPhase phase) const;
};
/// For an output that nobody listens to.
outputs::Reporter noReporter();

/// Closes and destroys it; fails the test when it takes longer than its deadline.
void close(std::unique_ptr<outputs::Output> output, fanout::Fanout& fanout);

gst::Timebase testTimebase();
/// Two even, free UDP ports in a row of four.
int freePorts();

} // namespace test
