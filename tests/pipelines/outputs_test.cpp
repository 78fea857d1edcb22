#include "publication.h"
#include "sdp/receiver_description.h"
#include "tool.h"

#include <algorithm>
#include <cmath>
#include <filesystem>
#include <fstream>
#include <netinet/in.h>
#include <set>
#include <sys/socket.h>

using namespace std::chrono_literals;
using control::OutputPhase;
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

/// The first of six free ports in a row; even.
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

/// Receives what a .sdp describes into a file, for about three seconds from the first key frame.
std::unique_ptr<Tool> receive(const std::string& description, const std::string& file) {
    std::ofstream(file + ".sdp") << description;
    return std::make_unique<Tool>(std::vector<std::string>{
        "ffmpeg", "-nostdin", "-y", "-v", "error", "-protocol_whitelist", "file,udp,rtp", "-i", file + ".sdp",
        "-map", "0", "-c", "copy", "-t", "3", file});
}

std::string describeRtp(const control::Live& live, int port) {
    sdp::H264Stream video;
    video.port = port;
    video.sps = decoded(live.video.sps);
    video.pps = decoded(live.video.pps);
    sdp::AacStream audio;
    audio.port = port + 2;
    for (std::size_t i = 0; i + 1 < live.audio.config.size(); i += 2) {
        audio.config.push_back(static_cast<std::uint8_t>(std::stoi(live.audio.config.substr(i, 2), nullptr, 16)));
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

struct Outputs {
    explicit Outputs(PipelineProcess& process) : hls(process.folder() + "/hls"), part(process.folder() + "/x.mp4.part") {
        std::filesystem::create_directory(hls);
    }
    std::string hls;
    std::string part;
};

void addFiles(PipelineProcess& process, const Outputs& outputs) {
    process.send(control::OutputAdd{"hls", control::HlsOutput{outputs.hls, 1000ms}});
    process.send(control::OutputAdd{"mp4", control::Mp4Output{outputs.part, 0}});
}

/// Segments follow each other, are on disk as told, and begin with a key frame.
void checkSegments(const PipelineProcess& process, const Outputs& outputs) {
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
        CHECK(static_cast<double>(video.size()) == Approx(std::chrono::duration<double>(segment.duration).count() * 30).margin(2));
        CHECK((!audio.empty() || i + 1 == segments.size()));
    }
    for (const auto& entry : std::filesystem::directory_iterator(outputs.hls)) {
        INFO(entry.path());
        CHECK(names.contains(entry.path().filename()));
    }
}

/// The recording has both media, as much of them as was said, from one beginning.
void checkRecording(PipelineProcess& process, const std::string& part) {
    const auto first = process.first<control::Recording>([](const auto& recording) { return recording.output == "mp4"; });
    REQUIRE(first);
    CHECK(first->phase == RecordingPhase::Recording);
    const auto last = process.await<control::Recording>(0s, [](const control::Recording& recording) {
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
    CHECK(std::max(video.back().time, audio.back().time) - video.front().time == Approx(length).margin(0.2));
    CHECK(std::abs(video.front().time - audio.front().time) < 0.06);
    for (std::size_t i = 1; i < audio.size(); ++i) {
        CHECK(audio[i].time - audio[i - 1].time == Approx(1024.0 / 48000).margin(0.002));
    }
    checkDecodes(part);
}

void checkReceived(Tool& receiver, const std::string& file) {
    receiver.finish(15s);
    const auto [video, audio] = packetsOf(file);
    REQUIRE(video.size() > 20);
    CHECK(video.front().keyFrame);
    REQUIRE(audio.size() > 20); // as many as a busy machine got through
    CHECK(probe({"-select_streams", "v", "-show_entries", "stream=codec_name,width,height", file}).at(0) == "h264,1280,720");
}

} // namespace

TEST_CASE("VP8 goes to every output at once, and one that fails disturbs no other") {
    PipelineProcess process;
    process.await<control::Ready>(15s);
    const Outputs outputs(process);
    const int port = freePorts();
    Publication publication(process, Sends::Vp8);
    publication.publish();
    addFiles(process, outputs); // before there is any picture
    process.send(control::OutputAdd{"rtp", control::RtpOutput{"127.0.0.1", port, port + 2}});
    process.send(control::OutputAdd{"ts", control::TsOutput{"127.0.0.1", port + 4}});
    process.send(control::OutputAdd{"bad-hls", control::HlsOutput{process.folder() + "/nowhere", 2000ms}});
    process.send(control::OutputAdd{"bad-mp4", control::Mp4Output{process.folder() + "/nowhere/x.mp4.part", 0}});
    process.send(control::OutputAdd{"bad-rtp", control::RtpOutput{"no address", port, port + 2}});
    publication.connect();
    for (const char* bad : {"bad-hls", "bad-mp4", "bad-rtp"}) {
        const auto failed = process.awaitOutput(bad, OutputPhase::Failed);
        CHECK_FALSE(failed.message.empty());
    }
    const auto live = process.await<control::Live>(10s);
    const auto rtp = receive(describeRtp(live, port), process.folder() + "/rtp.mkv");
    const auto ts = receive(describeTs(port + 4), process.folder() + "/ts.ts");
    for (const char* good : {"hls", "mp4", "rtp", "ts"}) {
        process.awaitOutput(good, OutputPhase::Running);
    }
    checkReceived(*rtp, process.folder() + "/rtp.mkv");
    checkReceived(*ts, process.folder() + "/ts.ts");
    REQUIRE(support::runUntil([&] { return process.all<control::Segment>().size() >= 3; }, 10s));
    process.stop();

    for (const char* good : {"hls", "mp4", "rtp", "ts"}) {
        process.awaitOutput(good, OutputPhase::Stopped, 0s);
    }
    checkSegments(process, outputs);
    checkRecording(process, outputs.part);
    CHECK(process.await<control::Stats>(0s).dropped == 0);
}

TEST_CASE("H.264 without a microphone is copied, beside silence") {
    PipelineProcess process;
    process.await<control::Ready>(15s);
    const Outputs outputs(process);
    Publication publication(process, Sends::H264WithoutSound);
    publication.goLive();
    addFiles(process, outputs); // while it runs: begins with the current group of pictures
    process.awaitOutput("mp4", OutputPhase::Running);
    REQUIRE(support::runUntil([&] { return process.all<control::Segment>().size() >= 3; }, 10s));
    process.stop();

    CHECK(process.all<control::Track>().size() == 1);
    checkSegments(process, outputs);
    checkRecording(process, outputs.part);
    CHECK(loudness(outputs.part) < -80);
    // Not encoded anew: the pictures are the publisher's, byte for byte.
    std::set<std::size_t> sent;
    for (const publisher::AccessUnit& unit : mediaFor(Sends::H264WithoutSound).units) {
        sent.insert(gst_buffer_get_size(unit.data.get()));
    }
    std::size_t known = 0;
    const auto video = packetsOf(outputs.part).video;
    for (const Packet& packet : video) {
        // A key frame loses its parameter sets, which MP4 keeps elsewhere.
        known += packet.keyFrame || std::any_of(sent.begin(), sent.end(), [&](std::size_t size) {
            return std::abs(static_cast<long long>(size) - packet.size) <= 12;
        });
    }
    CHECK(known == video.size());
}

TEST_CASE("outputs come and go while the stream runs") {
    PipelineProcess process;
    process.await<control::Ready>(15s);
    const Outputs outputs(process);
    Publication publication(process, Sends::H264);
    publication.goLive();
    addFiles(process, outputs);
    process.awaitOutput("hls", OutputPhase::Running);
    const int port = freePorts();
    process.send(control::OutputAdd{"r1", control::TsOutput{"127.0.0.1", port}});
    process.awaitOutput("r1", OutputPhase::Running);
    process.send(control::OutputRemove{"r1"});
    process.awaitOutput("r1", OutputPhase::Stopped);
    const auto before = process.all<control::Segment>().size();
    process.send(control::OutputRemove{"mp4"});
    process.awaitOutput("mp4", OutputPhase::Stopped);
    checkRecording(process, outputs.part);
    REQUIRE(support::runUntil([&] { return process.all<control::Segment>().size() >= before + 2; }, 10s));
    // A file that is there is not overwritten.
    process.send(control::OutputAdd{"again", control::Mp4Output{outputs.part, 0}});
    process.awaitOutput("again", OutputPhase::Failed);
    process.stop();
    checkSegments(process, outputs);
    CHECK(loudness(outputs.part) > -30); // the tone
}
