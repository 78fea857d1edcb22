#include "publication.h"
#include "sdp/receiver_description.h"

#include <algorithm>
#include <regex>

using namespace std::chrono_literals;
using control::Media;

namespace {

std::vector<std::string> linesOf(const std::string& text) {
    std::vector<std::string> lines;
    for (std::size_t start = 0; start < text.size();) {
        const std::size_t end = std::min(text.find("\r\n", start), text.size());
        lines.push_back(text.substr(start, end - start));
        start = end + 2;
    }
    return lines;
}

auto countOf(const std::string& text, const std::string& beginning) {
    const auto lines = linesOf(text);
    return std::count_if(lines.begin(), lines.end(),
                         [&](const std::string& line) { return line.starts_with(beginning); });
}

sdp::Bytes decoded(const std::string& base64) {
    gsize size = 0;
    g_autofree guchar* bytes = g_base64_decode(base64.c_str(), &size);
    return {bytes, bytes + size};
}

sdp::Bytes fromHex(const std::string& text) {
    sdp::Bytes bytes;
    for (std::size_t i = 0; i + 1 < text.size(); i += 2) {
        bytes.push_back(static_cast<std::uint8_t>(std::stoi(text.substr(i, 2), nullptr, 16)));
    }
    return bytes;
}

/// RFC 9725 section 4.2, RFC 8829 section 5.3: of a publisher with two media.
void checkAnswer(const std::string& answer) {
    INFO(answer);
    CHECK(answer.starts_with("v=0\r\n"));
    CHECK(countOf(answer, "m=") == 2);
    CHECK(countOf(answer, "a=recvonly") == 2);
    CHECK(countOf(answer, "a=sendrecv") + countOf(answer, "a=sendonly") +
              countOf(answer, "a=inactive") ==
          0);
    CHECK(countOf(answer, "a=setup:passive") >= 1);
    CHECK(countOf(answer, "a=setup:a") == 0);
    CHECK(countOf(answer, "a=group:BUNDLE") == 1);
    CHECK(countOf(answer, "a=fingerprint:sha-256 ") >= 1);
    CHECK(countOf(answer, "a=ice-ufrag:") >= 1);
    CHECK(countOf(answer, "a=rtcp-mux") >= 1);
    CHECK(countOf(answer, "a=candidate:") >= 1);
    CHECK(countOf(answer, "a=end-of-candidates") >= 1);
    CHECK(answer.find(" 127.0.0.1 ") != std::string::npos); // asked for
    CHECK_FALSE(
        std::regex_search(answer, std::regex("a=candidate:[^\r]* TCP ", std::regex::icase)));
    CHECK(answer.find("transport-cc") != std::string::npos);
    CHECK(answer.find("nack") != std::string::npos);
}

void checkLive(const control::Live& live) {
    CHECK(live.take == 0);
    CHECK(live.video.size == base::PictureSize{1280, 720});
    const auto video = sdp::avcCodec(decoded(live.video.sps));
    REQUIRE(video.has_value());
    CHECK(video->starts_with("avc1."));
    CHECK_FALSE(live.video.pps.empty());
    CHECK(live.audio.rate == 48000);
    CHECK(live.audio.channels == 2);
    CHECK(sdp::aacCodec(fromHex(live.audio.config)) == "mp4a.40.2");
    const auto wall = std::chrono::system_clock::now().time_since_epoch();
    CHECK(std::chrono::abs(live.origin.time_since_epoch() - wall) < 60s);
}

/// Rates settle once the connection stands.
void checkFlow(PipelineProcess& process) {
    const auto frames =
        process.await<control::Stats>(5s, [](const control::Stats& s) { return s.frames > 0; })
            .frames;
    const auto stats = process.await<control::Stats>(5s, [&](const control::Stats& s) {
        return s.frames >= frames + 50 && s.received.inKilobits() > 1000;
    });
    CHECK(stats.encoded.inKilobits() > 500);
    CHECK(stats.encoded.inKilobits() < 8000);
    CHECK(stats.lost == 0);
    CHECK(stats.dropped == 0);
}

} // namespace

TEST_CASE("a process says first that it is ready, and then once a second that it lives") {
    PipelineProcess process;
    const auto ready = process.await<control::Ready>(15s);
    CHECK(std::holds_alternative<control::Ready>(process.said().front().message));
    CHECK(ready.protocol == control::kProtocol);
    CHECK(ready.version.starts_with("1."));
    CHECK(ready.missing.empty());
    REQUIRE(support::runUntil([&] { return process.all<control::Stats>().size() >= 4; }, 10s));
    std::vector<PipelineProcess::Time> beats;
    for (const auto& said : process.said()) {
        if (std::holds_alternative<control::Stats>(said.message)) {
            beats.push_back(said.at);
        }
    }
    for (std::size_t i = 2; i < beats.size(); ++i) { // the first may have waited for the plugins
        const auto gap = beats[i] - beats[i - 1];
        CHECK(gap > 600ms);
        CHECK(gap < 1800ms);
    }
    const auto stats = process.all<control::Stats>();
    CHECK(stats[3].runningTime > stats[2].runningTime);
    CHECK(stats[3].frames == 0);
    process.stop();
}

TEST_CASE("VP8 and Opus are answered, decoded and encoded") {
    PipelineProcess process;
    process.await<control::Ready>(15s);
    Publication publication(process, Sends::Vp8);
    const auto asked = std::chrono::steady_clock::now();
    publication.publish();
    const auto answer = publication.connect();
    CHECK(std::chrono::steady_clock::now() - asked < 1500ms);
    checkAnswer(answer.description);
    const auto video = process.await<control::Track>(
        8s, [](const control::Track& t) { return t.media == Media::Video; });
    const auto audio = process.await<control::Track>(
        8s, [](const control::Track& t) { return t.media == Media::Audio; });
    CHECK(video.session == "s1");
    CHECK(video.codec == "VP8");
    CHECK_FALSE(video.passthrough);
    CHECK(audio.codec == "Opus");
    CHECK_FALSE(audio.passthrough);
    const auto live = process.await<control::Live>(8s);
    checkLive(live);
    CHECK(live.video.frameRate == 30);
    checkFlow(process);
    CHECK(process.all<control::Answer>().size() == 1);
    CHECK(process.all<control::Track>().size() == 2);
    CHECK(process.all<control::Closed>().empty());
    process.stop();
    CHECK(process.await<control::Closed>(0s).session == "s1");
}

TEST_CASE("H.264 passes through undecoded, also when its candidates come later") {
    PipelineProcess process;
    process.await<control::Ready>(15s);
    Publication publication(process, Sends::H264);
    std::string bare;
    std::vector<std::string> candidates;
    for (const std::string& line : linesOf(publication.offer())) {
        if (line.starts_with("a=candidate:")) {
            candidates.push_back(line.substr(2));
        } else if (line != "a=end-of-candidates") {
            bare += line + "\r\n";
        }
    }
    REQUIRE_FALSE(candidates.empty());
    publication.setOffer(bare);
    publication.publish();
    publication.connect();
    for (const std::string& candidate : candidates) {
        process.send(control::Candidate{"s1", 0, candidate});
    }
    process.send(control::Candidate{"s1", 0, ""});
    const auto video = process.await<control::Track>(
        8s, [](const control::Track& t) { return t.media == Media::Video; });
    CHECK(video.codec == "H264");
    CHECK(video.passthrough);
    const auto live = process.await<control::Live>(8s);
    checkLive(live);
    CHECK(sdp::avcCodec(decoded(live.video.sps))->starts_with("avc1.42")); // the publisher's own
    checkFlow(process);
    process.stop();
    CHECK(process.all<control::Live>().back().video.frameRate == 30); // measured by now
    CHECK(process.all<control::Live>().back().take == 0);
}

TEST_CASE("the first key frame is used, however long the process has waited") {
    PipelineProcess process;
    process.await<control::Stats>(
        15s, [](const control::Stats& stats) { return stats.runningTime > 2500ms; });
    Publication publication(process, Sends::H264WithoutSound);
    publication.goLive();
    const auto at = [&](std::size_t kind) {
        return std::find_if(process.said().begin(), process.said().end(),
                            [kind](const PipelineProcess::Said& said) {
                                return said.message.index() == kind;
                            })
            ->at;
    };
    const auto track = at(control::FromPipeline(control::Track{}).index());
    CHECK(at(control::FromPipeline(control::Live{}).index()) - track <
          700ms); // the second comes after 1 s
    process.stop();
}

TEST_CASE("a live stream is not disturbed by what is not for it") {
    PipelineProcess process;
    process.await<control::Ready>(15s);
    Publication publication(process, Sends::H264WithoutSound);
    publication.goLive();
    SECTION("messages of other sessions and outputs, and none at all") {
        process.send(
            control::Candidate{"other", 0, "candidate:1 1 UDP 2122252543 127.0.0.1 9 typ host"});
        process.send(
            control::Candidate{"s1", 63, "candidate:1 1 UDP 2122252543 127.0.0.1 9 typ host"});
        process.send(control::Candidate{"s1", 0, "candidate:nonsense"});
        process.send(control::Candidate{"s1", 0, std::string(5000, 'x')});
        process.send(control::Unpublish{"other"});
        process.send(control::OutputRemove{"other"});
        process.send(control::KeyFrame{});
        process.sendLine("garbage");
        process.sendLine("{\"type\":\"explode\"}");
        process.sendLine(std::string(100'000, '['));
    }
    SECTION("another publisher, who is told of the conflict") {
        control::Publish second;
        second.session = "s2";
        second.stream = "demo";
        second.offer = publication.offer();
        process.send(second);
        const auto answer = process.await<control::Answer>(
            2s, [](const control::Answer& a) { return a.session == "s2"; });
        REQUIRE(answer.error);
        CHECK(answer.error->problem == base::Problem::Conflict);
        CHECK(answer.description.empty());
    }
    checkFlow(process);
    CHECK(process.all<control::Closed>().empty());
    process.stop();
}
