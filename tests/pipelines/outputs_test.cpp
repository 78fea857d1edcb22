#include "outcome.h"
#include "publication.h"

#include <algorithm>
#include <set>

using namespace std::chrono_literals;
using control::OutputPhase;

namespace {

void checkReceived(Tool& receiver, const std::string& file) {
    receiver.finish(15s);
    const auto [video, audio] = packetsOf(file);
    REQUIRE(video.size() > 20);
    CHECK(video.front().keyFrame);
    REQUIRE(audio.size() > 20); // as many as a busy machine got through
    CHECK(probe({"-select_streams", "v", "-show_entries", "stream=codec_name,width,height", file})
              .at(0) == "h264,1280,720");
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
    process.send(
        control::OutputAdd{"bad-hls", control::HlsOutput{process.folder() + "/nowhere", 2000ms}});
    process.send(control::OutputAdd{
        "bad-mp4", control::Mp4Output{process.folder() + "/nowhere/x.mp4.part", 0}});
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
    REQUIRE(support::runUntil([&] { return process.all<control::Segment>().size() >= before + 2; },
                              10s));
    // A file that is there is not overwritten.
    process.send(control::OutputAdd{"again", control::Mp4Output{outputs.part, 0}});
    process.awaitOutput("again", OutputPhase::Failed);
    process.stop();
    checkSegments(process, outputs);
    CHECK(loudness(outputs.part) > -30); // the tone
}
