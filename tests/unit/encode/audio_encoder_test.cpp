#include "pipelines/encode/audio.h"

#include "pipelines/encode/sound_input.h"
#include "running_pipeline.h"
#include "tests/support/run_until.h"

#include <catch2/catch.hpp>
#include <cmath>

using namespace std::chrono_literals;
using base::Nanoseconds;
using encode::AudioEncoder;

namespace {

constexpr double kBlockSeconds = 1024.0 / 48000;

/// An encoder with an appsrc of mono 44.1 kHz sound in front of it, or without.
struct Encoding {
    explicit Encoding(bool withInput) {
        auto added =
            AudioEncoder::add(pipeline.bin(), {base::Bitrate::kilobits(128)}, pipeline.handlers());
        REQUIRE(added.has_value());
        encoder = std::move(*added);
        if (withInput) {
            auto input = encode::addSoundInput(
                pipeline.bin(), [this](Nanoseconds time, std::span<const std::int16_t> samples) {
                    encoder->put(time, samples);
                });
            REQUIRE(input.has_value());
            encoder->changeSource(true);
            pipeline.addSource("audio/x-raw,format=S16LE,layout=interleaved,rate=44100,channels=1",
                               input->get());
        }
        pipeline.play();
    }

    /// A tone of 20 ms.
    void pushTone(Nanoseconds time) {
        std::vector<std::int16_t> samples(882);
        for (std::size_t i = 0; i < samples.size(); ++i) {
            const double at =
                std::chrono::duration<double>(time).count() + static_cast<double>(i) / 44100;
            samples[i] = static_cast<std::int16_t>(16000 * std::sin(2 * M_PI * 441 * at));
        }
        const auto* bytes = reinterpret_cast<const std::uint8_t*>(samples.data());
        pipeline.push(time, {bytes, bytes + samples.size() * 2});
    }
    /// What belongs at `from` or later.
    [[nodiscard]] std::vector<fanout::AccessUnit> unitsFrom(Nanoseconds from) const {
        std::vector<fanout::AccessUnit> found;
        for (const fanout::AccessUnit& unit : pipeline.units()) {
            if (unit.time >= from - 1ms) {
                found.push_back(unit);
            }
        }
        return found;
    }

    std::unique_ptr<AudioEncoder> encoder; ///< which the pipeline's threads call
    RunningPipeline pipeline;
};

/// Blocks lie end to end from `from`.
void checkContinuous(const std::vector<fanout::AccessUnit>& units, Nanoseconds from) {
    REQUIRE_FALSE(units.empty());
    std::vector<std::string> wrong;
    for (std::size_t i = 0; i < units.size(); ++i) {
        const double expected =
            std::chrono::duration<double>(from).count() + static_cast<double>(i) * kBlockSeconds;
        const double off = std::chrono::duration<double>(units[i].time).count() - expected;
        if (std::abs(off) > 1e-6) {
            wrong.push_back(std::to_string(i) + ": " + std::to_string(off) + " s");
        }
    }
    CHECK(wrong == std::vector<std::string>());
}

double averageSize(const std::vector<fanout::AccessUnit>& units) {
    double total = 0;
    for (const fanout::AccessUnit& unit : units) {
        total += static_cast<double>(gst_buffer_get_size(unit.data.get()));
    }
    return total / static_cast<double>(units.size());
}

} // namespace

TEST_CASE("the format is known before the first picture is there") {
    Encoding encoding(false);
    REQUIRE(support::runUntil([&] { return !encoding.pipeline.caps().empty(); }));
    const std::string caps = encoding.pipeline.caps()[0];
    CHECK(caps.find("rate=(int)48000") != std::string::npos);
    CHECK(caps.find("channels=(int)2") != std::string::npos);
    CHECK(caps.find("stream-format=(string)raw") != std::string::npos);
    CHECK(caps.find("codec_data=(buffer)1190") != std::string::npos); // AAC-LC, 48 kHz, stereo
    encoding.encoder->stop();
}

TEST_CASE("without a track there is silence by the clock, from the first picture on") {
    Encoding encoding(false);
    REQUIRE(support::runUntil([&] { return encoding.pipeline.runningTime() > 300ms; }));
    const Nanoseconds first = encoding.pipeline.runningTime();
    encoding.encoder->begin(first);
    REQUIRE(support::runUntil([&] { return encoding.unitsFrom(first).size() >= 40; }, 10s));
    const auto units = encoding.unitsFrom(first);
    checkContinuous(units, first);
    CHECK(averageSize(units) < 50);
    const auto lead = units.back().time - encoding.pipeline.runningTime();
    CHECK(lead < 10ms); // silence is not made ahead of its time
    CHECK(lead > -1s);
    encoding.encoder->stop();
}

TEST_CASE("sound begins with the first picture, and keeps what came before it was known") {
    Encoding encoding(true);
    for (int i = 0; i < 50; ++i) {
        encoding.pushTone(20ms * i);
    }
    REQUIRE(support::runUntil([&] { return encoding.pipeline.runningTime() > 500ms; }));
    encoding.encoder->begin(400ms);
    REQUIRE(support::runUntil([&] { return encoding.unitsFrom(400ms).size() >= 25; }, 10s));
    encoding.encoder->stop();
    const auto units = encoding.unitsFrom(400ms);
    checkContinuous(units, 400ms);
    CHECK(averageSize({units.begin() + 2, units.begin() + 25}) > 100); // not silence
}

TEST_CASE("sound that stops becomes silence, and comes back in its place") {
    constexpr Nanoseconds start = 200ms;
    Encoding encoding(true);
    encoding.encoder->begin(start);
    for (int i = 0; i < 15; ++i) {
        encoding.pushTone(start + 20ms * i);
    }
    // 300 ms of it, then nothing: silence follows by the clock, after the time that sound may be
    // late
    REQUIRE(support::runUntil([&] { return encoding.unitsFrom(start + 600ms).size() > 2; }, 10s));
    const Nanoseconds again = encoding.pipeline.runningTime();
    for (int i = 0; i < 25; ++i) {
        encoding.pushTone(again + 20ms * i);
    }
    REQUIRE(support::runUntil([&] { return encoding.unitsFrom(again + 400ms).size() > 2; }, 10s));
    encoding.encoder->stop();
    const auto units = encoding.unitsFrom(start);
    checkContinuous(units, start);
    const auto average = [&](Nanoseconds from, Nanoseconds to) {
        std::vector<fanout::AccessUnit> some;
        std::copy_if(
            units.begin(), units.end(), std::back_inserter(some),
            [&](const fanout::AccessUnit& unit) { return unit.time >= from && unit.time < to; });
        return averageSize(some);
    };
    CHECK(average(start, start + 250ms) > 100);
    CHECK(average(start + 400ms, again - 50ms) < 100);
    CHECK(average(again + 50ms, again + 400ms) > 100);
}
