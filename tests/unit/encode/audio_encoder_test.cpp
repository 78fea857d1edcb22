#include "pipelines/encode/audio.h"

#include "running_pipeline.h"
#include "tests/support/run_until.h"

#include <catch2/catch.hpp>

TEST_CASE("the audio's format is known before any audio comes") {
    RunningPipeline pipeline;
    const auto added =
        encode::addAudioEncoder(pipeline.bin(), {base::Bitrate::kilobits(128)}, pipeline.collect());
    REQUIRE(added.has_value());
    pipeline.play();
    REQUIRE(support::runUntil([&] { return !pipeline.caps().empty(); }));
    const std::string caps = pipeline.caps()[0];
    CHECK(caps.find("rate=(int)48000") != std::string::npos);
    CHECK(caps.find("channels=(int)2") != std::string::npos);
    CHECK(caps.find("stream-format=(string)raw") != std::string::npos);
    CHECK(caps.find("codec_data=(buffer)1190") != std::string::npos); // AAC-LC, 48 kHz, stereo
}
