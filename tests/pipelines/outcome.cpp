#include "outcome.h"

#include "sdp/receiver_description.h"

#include <cmath>
#include <fstream>
#include <netinet/in.h>
#include <set>
#include <sys/socket.h>

using namespace std::chrono_literals;
using control::RecordingPhase;

namespace {

bool isFree(int port) {
    const base::UniqueFd socket(::socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0));
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_ANY);
    address.sin_port = htons(static_cast<std::uint16_t>(port));
    return ::bind(socket.get(), reinterpret_cast<sockaddr*>(&address), sizeof address) == 0;
}

sdp::Bytes decoded(const std::string& base64) {
    gsize size = 0;
    g_autofree guchar* bytes = g_base64_decode(base64.c_str(), &size);
    return {bytes, bytes + size};
}

sdp::ReceiverSession loopbackSession() {
    sdp::ReceiverSession session;
    session.id = session.version = 1;
    session.originAddress = session.destination = "127.0.0.1";
    session.name = "test";
    return session;
}

} // namespace

int freePorts() {
    for (int port = 40000 + ::getpid() % 1000 * 20; port < 65000; port += 6) {
        int free = 0;
        while (free < 6 && isFree(port + free)) {
            ++free;
        }
        if (free == 6) {
            return port;
        }
    }
    FAIL("no free ports");
    return 0;
}

std::string describeRtp(const control::Live& live, int port) {
    sdp::H264Stream video;
    video.port = port;
    video.sps = decoded(live.video.sps);
    video.pps = decoded(live.video.pps);
    sdp::AacStream audio;
    audio.port = port + 2;
    for (std::size_t i = 0; i + 1 < live.audio.config.size(); i += 2) {
        audio.config.push_back(
            static_cast<std::uint8_t>(std::stoi(live.audio.config.substr(i, 2), nullptr, 16)));
    }
    const auto text = sdp::describe(loopbackSession(), video, audio);
    REQUIRE(text);
    return *text;
}

std::string describeTs(int port) {
    const auto text = sdp::describe(loopbackSession(), sdp::TransportStream{port, 0});
    REQUIRE(text);
    return *text;
}

std::unique_ptr<Tool> receive(const std::string& description, const std::string& file,
                              int seconds) {
    std::ofstream(file + ".sdp") << description;
    return std::make_unique<Tool>(std::vector<std::string>{
        "ffmpeg", "-nostdin", "-y", "-v", "error", "-protocol_whitelist", "file,udp,rtp", "-i",
        file + ".sdp", "-map", "0", "-c", "copy", "-t", std::to_string(seconds), file});
}

void addFiles(PipelineProcess& process, const Outputs& outputs) {
    process.send(control::OutputAdd{"hls", control::HlsOutput{outputs.hls, 1000ms}});
    process.send(control::OutputAdd{"mp4", control::Mp4Output{outputs.part, 0}});
}

void checkSegments(const PipelineProcess& process, const Outputs& outputs, double missing) {
    const auto segments = process.all<control::Segment>();
    REQUIRE(segments.size() >= 3);
    std::set<std::string> names;
    for (std::size_t i = 0; i < segments.size(); ++i) {
        const control::Segment& segment = segments[i];
        const std::string file = outputs.hls + "/" + segment.name;
        INFO(i << ": " << control::print(segment));
        CHECK(names.insert(segment.name).second);
        CHECK(segment.output == "hls");
        CHECK(segment.take == 0);
        REQUIRE(std::filesystem::exists(file));
        CHECK(static_cast<std::int64_t>(std::filesystem::file_size(file)) == segment.bytes);
        CHECK(segment.duration > 0ns);
        CHECK(segment.duration < 2100ms);
        if (i > 0) {
            const auto hole = segment.start - segments[i - 1].start - segments[i - 1].duration;
            CHECK(std::chrono::abs(hole) < 2ms);
        }
        const auto [video, audio] = packetsOf(file);
        REQUIRE_FALSE(video.empty());
        CHECK(video.front().keyFrame);
        // H.264 that passes through keeps the publisher's times, which the jitter buffer smooths.
        CHECK(static_cast<double>(video.size()) ==
              Approx(std::chrono::duration<double>(segment.duration).count() * 30).margin(missing));
        CHECK((!audio.empty() || i + 1 == segments.size()));
    }
    for (const auto& entry : std::filesystem::directory_iterator(outputs.hls)) {
        INFO(entry.path());
        CHECK(names.contains(entry.path().filename()));
    }
}

void checkRecording(PipelineProcess& process, const std::string& part) {
    const auto first = process.first<control::Recording>(
        [](const auto& recording) { return recording.output == "mp4"; });
    REQUIRE(first);
    CHECK(first->phase == RecordingPhase::Recording);
    const auto last =
        process.await<control::Recording>(0s, [](const control::Recording& recording) {
            return recording.output == "mp4" && recording.phase != RecordingPhase::Recording;
        });
    INFO(control::print(last));
    CHECK(last.phase == RecordingPhase::Stopped);
    CHECK(last.message.empty());
    CHECK(last.path == part);
    CHECK(last.bytes == static_cast<std::int64_t>(std::filesystem::file_size(part)));
    const auto [video, audio] = packetsOf(part);
    REQUIRE(video.size() > 30);
    REQUIRE(audio.size() > 45);
    CHECK(video.front().keyFrame);
    const double length = std::chrono::duration<double>(last.duration).count();
    CHECK(std::max(video.back().time, audio.back().time) - video.front().time ==
          Approx(length).margin(0.2));
    CHECK(std::abs(video.front().time - audio.front().time) < 0.06);
    for (std::size_t i = 1; i < audio.size(); ++i) {
        CHECK(audio[i].time - audio[i - 1].time == Approx(1024.0 / 48000).margin(0.002));
    }
    checkDecodes(part);
}

double longestGap(const std::vector<Packet>& packets) {
    double longest = 0;
    for (std::size_t i = 1; i < packets.size(); ++i) {
        longest = std::max(longest, packets[i].time - packets[i - 1].time);
    }
    return longest;
}
