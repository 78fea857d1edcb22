#include "publication.h"

#include <fstream>

using namespace std::chrono_literals;
using base::Problem;

namespace {

std::string offerIn(const std::string& name) {
    std::ifstream file(std::string(SPILLWAY_TEST_DATA) + "/offers/" + name);
    std::string text{std::istreambuf_iterator<char>(file), {}};
    REQUIRE_FALSE(text.empty());
    return text;
}

std::string without(std::string text, const std::string& beginning) {
    for (std::size_t at = 0; (at = text.find("\r\n" + beginning, at)) != std::string::npos;) {
        text.erase(at, text.find("\r\n", at + 2) - at);
    }
    return text;
}

/// Publishes that offer; how it is answered.
control::Answer ask(PipelineProcess& process, const std::string& session,
                    const std::string& offer) {
    control::Publish message;
    message.session = session;
    message.stream = "demo";
    message.offer = offer;
    message.loopback = true;
    process.send(message);
    return process.await<control::Answer>(
        5s, [&](const control::Answer& answer) { return answer.session == session; });
}

} // namespace

TEST_CASE("offers that can't be taken are refused with a reason, and the next one is taken") {
    PipelineProcess process;
    process.await<control::Ready>(15s);
    const std::string good = offerIn("chromium-camera.sdp");
    struct Row {
        const char* name;
        std::string offer;
        Problem problem;
    };
    for (const Row& row : {
             Row{"empty", "", Problem::Malformed},
             Row{"garbage", "hello", Problem::Malformed},
             Row{"binary", std::string(1000, '\x01'), Problem::Malformed},
             Row{"cut off", good.substr(0, 300), Problem::Malformed},
             Row{"no ufrag", without(good, "a=ice-ufrag:"), Problem::Malformed},
             Row{"no fingerprint", without(good, "a=fingerprint:"), Problem::Malformed},
             Row{"long", good + std::string(600'000, 'x'), Problem::Malformed},
             Row{"sound only", offerIn("chromium-audio-only.sdp"), Problem::Unprocessable},
             Row{"no common codec", offerIn("chromium-vp9-only.sdp"), Problem::Unprocessable},
             Row{"receives only", offerIn("firefox-recvonly.sdp"), Problem::Unprocessable},
             Row{"data only", offerIn("firefox-datachannel.sdp"), Problem::Unprocessable},
         }) {
        const auto answer = ask(process, row.name, row.offer);
        INFO(row.name);
        REQUIRE(answer.error);
        CHECK(base::nameOf(answer.error->problem) == base::nameOf(row.problem));
        CHECK_FALSE(answer.error->message.empty());
        CHECK(answer.description.empty());
    }
    const auto taken = ask(process, "good", good);
    INFO(process.transcript());
    CHECK_FALSE(taken.error);
    CHECK(taken.description.find("a=recvonly") != std::string::npos);
    process.stop();
}

TEST_CASE("offers of real publishers are answered") {
    const std::string name =
        GENERATE(as<std::string>{}, "firefox-camera.sdp", "chromium-h264-only.sdp",
                 "chromium-simulcast.sdp", "session-level.sdp");
    PipelineProcess process;
    process.await<control::Ready>(15s);
    const auto answer = ask(process, "s", offerIn(name));
    INFO(process.transcript());
    CHECK_FALSE(answer.error);
    CHECK(answer.description.find("a=candidate:") != std::string::npos);
    process.stop(); // with ICE under way
}

TEST_CASE("unknown settings are refused with the answer") {
    PipelineProcess process;
    process.await<control::Ready>(15s);
    control::Publish message;
    message.session = "s";
    message.stream = "demo";
    message.offer = offerIn("chromium-camera.sdp");
    message.video.preset = "warp";
    process.send(message);
    const auto answer = process.await<control::Answer>(5s);
    REQUIRE(answer.error);
    CHECK(answer.error->message.find("speed-preset") != std::string::npos);
    process.stop();
}

TEST_CASE("a session may end before it is answered") {
    PipelineProcess process;
    process.await<control::Ready>(15s);
    control::Publish message;
    message.session = "s";
    message.stream = "demo";
    message.offer = offerIn("chromium-camera.sdp");
    process.send(message);
    SECTION("by the publisher") {
        process.send(control::Unpublish{"s"});
        CHECK(process.await<control::Closed>(5s).problem == Problem::PeerLost);
        process.stop();
    }
    SECTION("by a stop") {
        process.stop();
        CHECK(process.all<control::Closed>().size() == 1);
    }
    SECTION("with the gateway") {
        process.hangUp();
        CHECK(process.awaitExit(5s) == 0);
    }
}
