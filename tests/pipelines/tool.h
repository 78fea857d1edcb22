#pragma once

#include "pipelines/base/unique.h"

#include <chrono>
#include <gio/gio.h>
#include <string>
#include <vector>

/// ffmpeg or ffprobe beside the test, without blocking its main loop. Killed when it outlives its
/// use.
class Tool {
public:
    explicit Tool(std::vector<std::string> command);
    Tool(const Tool&) = delete;
    Tool& operator=(const Tool&) = delete;
    ~Tool();

    /// Waits for a successful end; what it wrote to standard output. Fails the test otherwise, with
    /// what it wrote to standard error.
    std::string finish(std::chrono::milliseconds deadline = std::chrono::seconds(20));
    [[nodiscard]] const std::string& errors() const { return errors_; }

private:
    std::string name_;
    base::Object<GSubprocess> process_;
    base::Object<GCancellable> cancel_;
    bool done_ = false;
    std::string output_;
    std::string errors_;
};

/// ffprobe's answer to `arguments`, lines of comma-separated values.
std::vector<std::string> probe(const std::vector<std::string>& arguments);

/// A packet of a file: time in seconds.
struct Packet {
    double time = 0;
    bool keyFrame = false;
    long long size = 0;
};
struct Packets {
    std::vector<Packet> video;
    std::vector<Packet> audio;
};
Packets packetsOf(const std::string& file);

/// Decodes all of a file, and fails the test when a decoder complains.
void checkDecodes(const std::string& file);
/// The loudest sample of a file's sound in dB; -91 is silence.
double loudness(const std::string& file);
