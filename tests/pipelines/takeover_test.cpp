#include "outcome.h"
#include "publication.h"

#include <algorithm>
#include <fstream>
#include <list>

using namespace std::chrono_literals;
using base::Problem;
using control::Closed;
using control::OutputPhase;
using control::Stats;

namespace {

// The address sanitizer keeps what was freed, and a sender that is made with it stumbles.
#if defined(__SANITIZE_ADDRESS__)
constexpr bool kSanitized = true;
#elif defined(__has_feature)
constexpr bool kSanitized = __has_feature(address_sanitizer);
#else
constexpr bool kSanitized = false;
#endif

/// Longer than this, a player shows that something is missing; in seconds.
constexpr double kLongestGap = kSanitized ? 0.6 : 0.3;

Closed awaitClosed(PipelineProcess& process, const std::string& session,
                   std::chrono::milliseconds deadline = 10s) {
    return process.await<Closed>(deadline,
                                 [&](const Closed& closed) { return closed.session == session; });
}

control::Answer awaitAnswer(PipelineProcess& process, const std::string& session) {
    return process.await<control::Answer>(
        5s, [&](const control::Answer& answer) { return answer.session == session; });
}

/// Waits for so many more pictures, and that the publisher on air is heard.
void awaitPictures(PipelineProcess& process, std::int64_t more) {
    const auto seen = process.all<Stats>();
    const std::int64_t before = seen.empty() ? 0 : seen.back().frames;
    process.await<Stats>(15s, [&](const Stats& stats) {
        return stats.frames >= before + more && stats.received.inKilobits() > 1000;
    });
}

void awaitSegments(PipelineProcess& process, std::size_t more) {
    const std::size_t before = process.all<control::Segment>().size();
    INFO(process.transcript());
    REQUIRE(support::runUntil(
        [&] { return process.all<control::Segment>().size() >= before + more; }, 15s));
}

void checkGaps(const std::string& file) {
    const auto [video, audio] = packetsOf(file);
    INFO(file);
    CHECK(video.size() > 60);
    CHECK(longestGap(video) < kLongestGap);
    CHECK(longestGap(audio) < kLongestGap);
}

/// Of a stream that went on in one take, whoever published.
void checkOneTake(PipelineProcess& process, const Outputs& outputs) {
    // Two publishers' pictures come at moments of their own.
    checkSegments(process, outputs, 6);
    checkRecording(process, outputs.part);
    checkGaps(outputs.part);
    for (const auto& live : process.all<control::Live>()) {
        CHECK(live.take == 0);
    }
}

struct Usage {
    long threads = 0;
    long kilobytes = 0;
    long descriptors = 0;
};

Usage usageOf(pid_t pid) {
    const std::string folder = "/proc/" + std::to_string(pid);
    Usage usage;
    std::ifstream status(folder + "/status");
    for (std::string word; status >> word;) {
        if (word == "Threads:") {
            status >> usage.threads;
        } else if (word == "VmRSS:") {
            status >> usage.kilobytes;
        }
    }
    usage.descriptors = std::distance(std::filesystem::directory_iterator(folder + "/fd"), {});
    return usage;
}

/// When the publishers that left have gone: the least within a second.
Usage settledUsageOf(pid_t pid) {
    Usage least = usageOf(pid);
    const auto end = std::chrono::steady_clock::now() + 1s;
    support::runUntil([&] {
        const Usage now = usageOf(pid);
        least = {std::min(least.threads, now.threads), now.kilobytes,
                 std::min(least.descriptors, now.descriptors)};
        return std::chrono::steady_clock::now() > end;
    });
    return least;
}

} // namespace

TEST_CASE("another session takes over in the middle, and no output shows where") {
    const Sends what = GENERATE(Sends::Vp8, Sends::H264);
    PipelineProcess process;
    process.await<control::Ready>(15s);
    const Outputs outputs(process);
    const int port = freePorts();
    Publication first(process, what, "s1");
    const auto live = first.goLive();
    addFiles(process, outputs);
    process.send(control::OutputAdd{"rtp", control::RtpOutput{"127.0.0.1", port, port + 2}});
    process.awaitOutput("rtp", OutputPhase::Running);
    const auto rtp = receive(describeRtp(live, port), process.folder() + "/rtp.mkv", 8);
    awaitSegments(process, 2);

    Publication second(process, what, "s2");
    second.publish("s1");
    CHECK(second.connect().description.find("a=recvonly") != std::string::npos);
    const auto closed = awaitClosed(process, "s1");
    CHECK(closed.replacedBy == "s2");
    CHECK(process.first<control::Track>(
        [](const control::Track& track) { return track.session == "s2"; }));
    awaitPictures(process, 60); // also heard: the second one's bytes count now
    awaitSegments(process, 3);
    rtp->finish(15s);
    CHECK(process.all<Closed>().size() == 1);
    CHECK(process.all<Stats>().back().lost == 0);
    process.stop();
    CHECK(awaitClosed(process, "s2", 0s).replacedBy.empty());
    checkOneTake(process, outputs);
    checkGaps(process.folder() + "/rtp.mkv");
    CHECK(loudness(outputs.part) > -30);
}

TEST_CASE("other parameter sets are a new take") {
    PipelineProcess process;
    process.await<control::Ready>(15s);
    const Outputs outputs(process);
    Publication first(process, Sends::H264, "s1");
    first.goLive();
    addFiles(process, outputs);
    awaitSegments(process, 1);
    Publication second(process, Sends::SmallH264, "s2");
    second.publish("s1");
    second.connect();
    CHECK(awaitClosed(process, "s1").replacedBy == "s2");
    const auto live =
        process.await<control::Live>(5s, [](const control::Live& l) { return l.take == 1; });
    CHECK(live.video.size == base::PictureSize{640, 360});
    awaitSegments(process, 3);
    process.stop();
    CHECK(process.all<control::Segment>().back().take == 1);
}

TEST_CASE("a session that can't take over leaves the one on air alone") {
    PipelineProcess process;
    process.await<control::Ready>(15s);
    const Outputs outputs(process);
    Publication first(process, Sends::Vp8, "s1");
    first.goLive();
    addFiles(process, outputs);
    awaitSegments(process, 1);

    Publication otherCodec(process, Sends::H264, "s2");
    otherCodec.publish("s1");
    const auto refused = awaitAnswer(process, "s2");
    REQUIRE(refused.error);
    CHECK(refused.error->problem == Problem::Unprocessable);
    CHECK(refused.error->message.find("VP8") != std::string::npos);

    Publication stranger(process, Sends::Vp8, "s3");
    stranger.publish("s0");
    const auto unknown = awaitAnswer(process, "s3");
    REQUIRE(unknown.error);
    CHECK(unknown.error->problem == Problem::Conflict);

    Publication leaving(process, Sends::Vp8, "s4");
    leaving.publish("s1"); // and never connects
    CHECK_FALSE(awaitAnswer(process, "s4").error);
    Publication next(process, Sends::Vp8, "s5");
    next.publish("s1"); // comes in its place
    CHECK(awaitClosed(process, "s4").problem == Problem::Conflict);
    CHECK_FALSE(awaitAnswer(process, "s5").error);
    process.send(control::Unpublish{"s5"});
    CHECK(awaitClosed(process, "s5").problem == Problem::PeerLost);

    awaitSegments(process, 2);
    CHECK_FALSE(process.first<Closed>([](const Closed& closed) { return closed.session == "s1"; }));
    process.stop();
    checkOneTake(process, outputs);
}

TEST_CASE("a stream whose publisher dies waits for the one that connects") {
    PipelineProcess process;
    process.await<control::Ready>(15s);
    const Outputs outputs(process);
    Publication first(process, Sends::Vp8, "s1");
    first.goLive();
    addFiles(process, outputs);
    awaitSegments(process, 1);
    first.fallSilent();
    Publication second(process, Sends::Vp8, "s2");
    second.publish("s1");
    const auto lost = awaitClosed(process, "s1");
    CHECK(lost.problem == Problem::Timeout);
    CHECK(lost.replacedBy.empty());
    // It failed, too: the third one comes instead of it.
    Publication third(process, Sends::Vp8, "s3");
    third.publish("s2");
    CHECK(awaitClosed(process, "s2").problem == Problem::Conflict);
    third.connect();
    awaitPictures(process, 60);
    awaitSegments(process, 2);
    CHECK(process.all<Closed>().size() == 2);
    process.send(control::Unpublish{"s3"}); // the last one
    awaitClosed(process, "s3");
    process.stop();
    checkRecording(process, outputs.part);
    // What was missing is filled with the last picture and silence.
    checkGaps(outputs.part);
}

TEST_CASE("fifty take-overs leave nothing behind") {
    PipelineProcess process;
    process.await<control::Ready>(15s);
    std::list<Publication> publications;
    publications.emplace_back(process, Sends::Vp8, "s0").goLive();
    Usage early;
    for (int i = 1; i <= 50; ++i) {
        const std::string former = publications.back().session();
        Publication& next = publications.emplace_back(process, Sends::Vp8, "s" + std::to_string(i));
        next.publish(former);
        next.connect();
        CHECK(awaitClosed(process, former).replacedBy == next.session());
        publications.pop_front();
        if (i == 10) {
            early = settledUsageOf(process.pid());
        }
    }
    const Usage late = settledUsageOf(process.pid());
    INFO("after 10: " << early.threads << " threads, " << early.descriptors << " descriptors, "
                      << early.kilobytes << " kB; after 50: " << late.threads << ", "
                      << late.descriptors << ", " << late.kilobytes);
    CHECK(late.threads <= early.threads + 1);
    CHECK(late.descriptors <= early.descriptors + 2);
    if (!kSanitized) {
        CHECK(late.kilobytes <= early.kilobytes + 25'000);
    }
    process.stop();
}

TEST_CASE("after three publishers that hang no other takes over, and the stream goes on") {
    PipelineProcess process(SPILLWAY_HANGING_TEARDOWN);
    process.await<control::Ready>(15s);
    std::list<Publication> publications;
    publications.emplace_back(process, Sends::H264, "s0").goLive();
    for (int i = 1; i <= 3; ++i) {
        const std::string former = publications.back().session();
        Publication& next =
            publications.emplace_back(process, Sends::H264, "s" + std::to_string(i));
        next.publish(former);
        next.connect();
        CHECK(awaitClosed(process, former).replacedBy == next.session());
    }
    const auto leftBehind = [&] {
        const std::string log = process.log();
        int count = 0;
        for (std::size_t at = 0; (at = log.find("is left behind", at)) != std::string::npos; ++at) {
            ++count;
        }
        return count;
    };
    REQUIRE(support::runUntil([&] { return leftBehind() == 3; }, 20s)); // 5 s each
    Publication fourth(process, Sends::H264, "s4");
    fourth.publish("s3");
    const auto answer = awaitAnswer(process, "s4");
    REQUIRE(answer.error);
    CHECK(answer.error->problem == Problem::Unavailable);
    awaitPictures(process, 30);
    CHECK(process.all<Closed>().size() == 3);
}
