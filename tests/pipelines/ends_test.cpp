#include "publication.h"
#include "tool.h"

#include <csignal>
#include <filesystem>
#include <fstream>

using namespace std::chrono_literals;
using base::Problem;
using control::OutputPhase;

namespace {

struct Files {
    std::string hls;
    std::string part;
};

/// Outputs to files in the process's folder.
Files addFiles(PipelineProcess& process) {
    Files files{process.folder() + "/hls", process.folder() + "/x.mp4.part"};
    std::filesystem::create_directory(files.hls);
    process.send(control::OutputAdd{"hls", control::HlsOutput{files.hls, 1000ms}});
    process.send(control::OutputAdd{"mp4", control::Mp4Output{files.part, 0}});
    return files;
}

void awaitMedia(PipelineProcess& process) {
    process.await<control::Segment>(10s);
    process.await<control::Recording>(10s,
                                      [](const control::Recording& r) { return r.duration > 1s; });
}

/// Every segment that was told of begins with a key frame and decodes.
void checkSegments(const PipelineProcess& process, const Files& files) {
    std::string together = "concat:";
    for (const auto& segment : process.all<control::Segment>()) {
        const std::string file = files.hls + "/" + segment.name;
        INFO(file);
        CHECK(packetsOf(file).video.at(0).keyFrame);
        together += file + "|";
    }
    together.pop_back();
    checkDecodes(together);
}

/// Every picture that is on disk decodes, and at least `seconds` of it.
void checkPlayable(const PipelineProcess& process, const Files& files, double seconds) {
    const auto video = packetsOf(files.part).video;
    REQUIRE_FALSE(video.empty());
    CHECK(video.back().time - video.front().time >= seconds);
    checkDecodes(files.part);
    checkSegments(process, files);
}

std::string withWrongFingerprint(std::string offer) {
    constexpr std::string_view line = "a=fingerprint:sha-256 ";
    for (auto at = offer.find(line); at != std::string::npos; at = offer.find(line, at + 1)) {
        char& digit = offer[at + line.size()];
        digit = digit == 'A' ? 'B' : 'A';
    }
    return offer;
}

std::string withoutCandidates(std::string offer) {
    for (std::size_t at = 0; (at = offer.find("a=candidate:", at)) != std::string::npos;) {
        offer.erase(at, offer.find('\n', at) + 1 - at);
    }
    return offer;
}

} // namespace

TEST_CASE("after the publisher's good-bye the outputs wait for a stop") {
    PipelineProcess process;
    process.await<control::Ready>(15s);
    Publication publication(process, Sends::H264);
    publication.publish();
    const Files files = addFiles(process);
    publication.connect();
    awaitMedia(process);
    process.send(control::Unpublish{"s1"});
    const auto closed = process.await<control::Closed>(2s);
    CHECK(closed.session == "s1");
    CHECK(closed.problem == Problem::PeerLost);
    const auto beats = process.all<control::Stats>().size();
    REQUIRE(
        support::runUntil([&] { return process.all<control::Stats>().size() >= beats + 2; }, 5s));
    CHECK_FALSE(process.first<control::OutputState>(
        [](const auto& state) { return state.phase == OutputPhase::Stopped; }));

    const auto recorded = process.all<control::Recording>().back().duration;
    process.stop();
    CHECK(process.all<control::Closed>().size() == 1);
    process.awaitOutput("hls", OutputPhase::Stopped, 0s);
    CHECK(process.all<control::Recording>().back().phase == control::RecordingPhase::Stopped);
    CHECK(process.all<control::Segment>().size() >= 2); // the last one is complete too
    checkPlayable(process, files, std::chrono::duration<double>(recorded).count() - 0.1);
}

TEST_CASE("a process without a gateway, or told to terminate, closes its files and exits") {
    PipelineProcess left;
    PipelineProcess terminated;
    std::vector<Files> files;
    std::vector<std::unique_ptr<Publication>> publications;
    for (PipelineProcess* process : {&left, &terminated}) {
        process->await<control::Ready>(15s);
        publications.push_back(std::make_unique<Publication>(*process, Sends::H264));
        publications.back()->publish();
        files.push_back(addFiles(*process));
        publications.back()->connect();
    }
    awaitMedia(left);
    awaitMedia(terminated);
    left.hangUp();
    terminated.signal(SIGTERM);
    CHECK(left.awaitExit(5s) == 0);
    CHECK(terminated.awaitExit(5s) == 0);
    checkPlayable(left, files[0], 1);
    checkPlayable(terminated, files[1], 1);
    CHECK(terminated.all<control::Recording>().back().phase == control::RecordingPhase::Stopped);
}

TEST_CASE("a process that is killed leaves what it said was safe") {
    PipelineProcess process;
    process.await<control::Ready>(15s);
    Publication publication(process, Sends::H264);
    publication.publish();
    const Files files = addFiles(process);
    publication.connect();
    awaitMedia(process);
    const auto safe = process.all<control::Recording>().back();
    process.signal(SIGKILL);
    CHECK(process.awaitExit(5s) == -SIGKILL);
    CHECK(static_cast<std::int64_t>(std::filesystem::file_size(files.part)) >= safe.bytes);
    const auto video = packetsOf(files.part).video;
    REQUIRE_FALSE(video.empty());
    CHECK(video.back().time - video.front().time >=
          std::chrono::duration<double>(safe.duration).count() - 0.2);
    checkSegments(process, files);
}

TEST_CASE("a process with nothing to do stops at once, also with outputs that never began") {
    PipelineProcess process;
    process.await<control::Ready>(15s);
    const Files files = addFiles(process);
    process.awaitOutput("hls", OutputPhase::Starting);
    process.stop();
    process.awaitOutput("hls", OutputPhase::Stopped, 0s);
    process.awaitOutput("mp4", OutputPhase::Stopped, 0s);
    CHECK(std::filesystem::is_empty(files.hls));
}

// One after the other these would take half a minute.
TEST_CASE("publishers that never come, come in disguise or fall silent are given up") {
    PipelineProcess absent;
    PipelineProcess disguised;
    PipelineProcess silent;
    for (PipelineProcess* process : {&absent, &disguised, &silent}) {
        process->await<control::Ready>(15s);
    }
    Publication neverConnects(absent, Sends::Vp8);
    Publication wrongCertificate(disguised, Sends::Vp8);
    Publication fallsSilent(silent, Sends::H264);
    const auto asked = std::chrono::steady_clock::now();
    neverConnects.setOffer(withoutCandidates(neverConnects.offer())); // else ICE fails sooner
    neverConnects.publish();
    wrongCertificate.setOffer(withWrongFingerprint(wrongCertificate.offer()));
    wrongCertificate.publish();
    const Files disguisedFiles = addFiles(disguised);
    wrongCertificate.connect();
    fallsSilent.goLive();
    REQUIRE(support::runUntil(
        [&] {
            const auto stats = silent.all<control::Stats>();
            return !stats.empty() && stats.back().received.inKilobits() > 1000;
        },
        15s));
    fallsSilent.fallSilent();
    const auto fellSilent = std::chrono::steady_clock::now();

    const auto forbidden = disguised.await<control::Closed>(5s);
    CHECK(forbidden.problem == Problem::Forbidden);
    CHECK(forbidden.reason.find("certificate") != std::string::npos);

    const auto timedOut = silent.await<control::Closed>(8s);
    CHECK(timedOut.problem == Problem::Timeout);
    const auto silence = std::chrono::steady_clock::now() - fellSilent;
    CHECK(silence > 4s);
    CHECK(silence < 7s);

    const auto gone = absent.await<control::Closed>(16s);
    CHECK(gone.problem == Problem::Timeout);
    const auto waited = std::chrono::steady_clock::now() - asked;
    CHECK(waited > 11s);
    CHECK(waited < 15s);

    // Seconds after: not one picture of the disguised one was used.
    for (const auto& stats : disguised.all<control::Stats>()) {
        CHECK(stats.frames == 0);
        CHECK(stats.received.bitsPerSecond == 0);
    }
    CHECK(disguised.all<control::Live>().empty());
    CHECK(disguised.all<control::Segment>().empty());
    CHECK(std::filesystem::is_empty(disguisedFiles.hls));
    for (PipelineProcess* process : {&absent, &disguised, &silent}) {
        process->stop();
        CHECK(process->all<control::Closed>().size() == 1);
    }
}
