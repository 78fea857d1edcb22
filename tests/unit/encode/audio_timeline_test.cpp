#include "pipelines/encode/audio_timeline.h"

#include <catch2/catch.hpp>
#include <cmath>
#include <cstdlib>

using namespace std::chrono_literals;
using base::Nanoseconds;
using encode::AudioTimeline;

namespace {

constexpr int kRate = AudioTimeline::kRate;
constexpr int kBlock = AudioTimeline::kBlock;

Nanoseconds timeOf(std::int64_t frames) {
    return Nanoseconds(std::llround(static_cast<double>(frames) * 1e9 / kRate));
}

/// A timeline and what came out of it.
struct Recorder {
    AudioTimeline timeline{[this](Nanoseconds time, std::vector<std::int16_t> samples) {
        times.push_back(time);
        REQUIRE(samples.size() == static_cast<std::size_t>(kBlock) * AudioTimeline::kChannels);
        for (std::size_t i = 0; i < samples.size(); i += AudioTimeline::kChannels) {
            apart += samples[i] == samples[i + 1] ? 0 : 1;
            left.push_back(samples[i]);
        }
    }};
    std::vector<Nanoseconds> times;
    std::vector<std::int16_t> left;
    int apart = 0; ///< frames whose channels did not stay together

    /// `frames` frames of one value.
    void put(Nanoseconds time, std::int64_t frames, std::int16_t value) {
        timeline.put(time, std::vector<std::int16_t>(
                               static_cast<std::size_t>(frames * AudioTimeline::kChannels), value));
    }
    /// Blocks lie end to end from `origin`.
    void checkContinuous(Nanoseconds origin) const {
        std::vector<std::size_t> wrong;
        for (std::size_t i = 0; i < times.size(); ++i) {
            const auto expected = origin + timeOf(static_cast<std::int64_t>(i) * kBlock);
            if (std::abs((times[i] - expected).count()) > 1) {
                wrong.push_back(i);
            }
        }
        CHECK(wrong == std::vector<std::size_t>());
        CHECK(apart == 0);
    }
    [[nodiscard]] std::int64_t count(std::int16_t value) const {
        return std::count(left.begin(), left.end(), value);
    }
};

} // namespace

TEST_CASE("20 ms packets become blocks at exact times, nothing lost") {
    Recorder recorder;
    recorder.timeline.begin(5s);
    for (int i = 0; i < 500; ++i) {
        recorder.put(5s + 20ms * i, 960, static_cast<std::int16_t>(i + 1));
    }
    REQUIRE(recorder.times.size() == 500 * 960 / kBlock);
    recorder.checkContinuous(5s);
    bool inOrder = true;
    for (std::size_t frame = 0; frame < recorder.left.size(); ++frame) {
        inOrder = inOrder && recorder.left[frame] == static_cast<std::int16_t>(frame / 960 + 1);
    }
    CHECK(inOrder);
    CHECK(recorder.timeline.position() == 15s);
}

TEST_CASE("jittering timestamps change nothing") {
    Recorder recorder;
    recorder.timeline.begin(0s);
    for (int i = 0; i < 500; ++i) {
        const auto jitter = std::chrono::milliseconds(i == 0 ? 0 : (i * 7919) % 9 - 4);
        recorder.put(20ms * i + jitter, 960, 1);
    }
    recorder.checkContinuous(0s);
    CHECK(recorder.count(0) == 0);
    CHECK(std::abs((recorder.timeline.position() - 10s).count()) <= Nanoseconds(2ms).count());
}

TEST_CASE("a gap becomes silence of its length") {
    Recorder recorder;
    recorder.timeline.begin(0s);
    recorder.put(0s, kRate, 1);
    recorder.put(1500ms, kRate, 2);
    recorder.timeline.fill(3s);
    recorder.checkContinuous(0s);
    CHECK(recorder.count(1) == kRate);
    CHECK(std::count(recorder.left.begin() + kRate, recorder.left.begin() + kRate * 3 / 2, 0) ==
          kRate / 2);
    CHECK(recorder.left[static_cast<std::size_t>(kRate) * 3 / 2] == 2);
    CHECK(recorder.count(2) == kRate);
    CHECK(recorder.timeline.position() == 3s);
}

TEST_CASE("what overlaps is dropped") {
    Recorder recorder;
    recorder.timeline.begin(0s);
    recorder.put(0s, kRate, 1);
    SECTION("in part") {
        recorder.put(500ms, kRate, 2);
        CHECK(recorder.timeline.position() == 1500ms);
    }
    SECTION("as a whole") {
        recorder.put(200ms, kRate / 2, 3);
        CHECK(recorder.timeline.position() == 1s);
    }
    recorder.timeline.fill(2s);
    recorder.checkContinuous(0s);
    CHECK(recorder.count(1) == kRate);
    CHECK(recorder.count(3) == 0);
    const auto second = recorder.count(2);
    CHECK((second == 0 || second == kRate / 2));
}

TEST_CASE("sound from elsewhere begins exactly at its time") {
    const auto offset = GENERATE(0ms, 15ms, -15ms, 300ms, -300ms);
    Recorder recorder;
    recorder.timeline.begin(0s);
    for (int i = 0; i < 50; ++i) {
        recorder.put(20ms * i, 960, 1);
    }
    recorder.timeline.splice();
    for (int i = 0; i < 50; ++i) {
        recorder.put(1s + offset + 20ms * i, 960, 2);
    }
    recorder.checkContinuous(0s);
    CHECK(recorder.timeline.position() == 2s + offset);
    const std::int64_t missing = std::max<std::int64_t>(0, offset.count()) * kRate / 1000;
    CHECK(recorder.count(0) == missing);
    CHECK(recorder.count(1) == kRate);
}

TEST_CASE("a lasting difference of clocks is slewed away, a frame at a time") {
    const int partsPerMillion = GENERATE(200, -200, 900, -900);
    Recorder recorder;
    recorder.timeline.begin(0s);
    std::int64_t put = 0;
    Nanoseconds time{};
    const auto step = Nanoseconds(20'000'000 + 20 * partsPerMillion);
    for (int i = 0; i < 50 * 300; ++i) {
        std::vector<std::int16_t> ramp(960 * 2);
        for (std::size_t k = 0; k < ramp.size(); ++k) {
            ramp[k] =
                static_cast<std::int16_t>((put + static_cast<std::int64_t>(k / 2)) % 30'000 + 1);
        }
        recorder.timeline.put(time, ramp);
        put += 960;
        time += step;
    }
    recorder.checkContinuous(0s);
    CHECK(recorder.count(0) == 0); // neither gaps nor cuts
    const auto behind =
        std::chrono::duration<double, std::milli>(time - recorder.timeline.position()).count();
    INFO(partsPerMillion << " ppm: " << behind << " ms off after 5 min");
    CHECK(std::abs(behind) < 40);
    int widest = 0; // 0: repeated, 1: the next, 2: one left out
    for (std::size_t i = 1; i < recorder.left.size(); ++i) {
        widest = std::max(widest, (recorder.left[i] - recorder.left[i - 1] + 30'000) % 30'000);
    }
    CHECK(widest <= 2);
}

TEST_CASE("sound from before the line begins is dropped, what belongs after is kept") {
    Recorder recorder;
    for (int i = 0; i < 50; ++i) {
        recorder.put(20ms * i, 960, static_cast<std::int16_t>(i + 1));
    }
    CHECK(recorder.times.empty());
    CHECK_FALSE(recorder.timeline.begun());
    recorder.timeline.begin(510ms); // in the middle of a packet
    CHECK(recorder.timeline.begun());
    recorder.checkContinuous(510ms);
    REQUIRE_FALSE(recorder.left.empty());
    CHECK(recorder.left.front() == 26);
    CHECK(recorder.count(26) == 480);
    CHECK(recorder.count(27) == 960);
    CHECK(recorder.timeline.position() == 1s);
}

TEST_CASE("when the line begins before the sound, silence comes first") {
    Recorder recorder;
    recorder.timeline.begin(1s);
    recorder.put(1010ms, kRate, 7);
    CHECK(std::count(recorder.left.begin(), recorder.left.begin() + 480, 0) == 480);
    CHECK(recorder.left[480] == 7);
    recorder.checkContinuous(1s);
}

TEST_CASE("sound kept for a beginning that does not come is bounded") {
    Recorder recorder;
    for (int i = 0; i < 10'000; ++i) {
        recorder.put(20ms * i, 960, 1);
    }
    recorder.timeline.begin(0s);
    const auto end = 20ms * 10'000;
    CHECK(recorder.timeline.position() <= end);
    CHECK(recorder.count(1) <= 3 * kRate);
}

TEST_CASE("the line begins once") {
    Recorder recorder;
    recorder.timeline.begin(1s);
    recorder.timeline.begin(9s);
    CHECK(recorder.timeline.position() == 1s);
}

TEST_CASE("filling gives silence up to the time, and late sound does not come twice") {
    Recorder recorder;
    recorder.timeline.fill(10s);
    CHECK(recorder.times.empty()); // not begun
    recorder.timeline.begin(1s);
    recorder.timeline.fill(2s);
    CHECK(recorder.timeline.position() == 2s);
    recorder.timeline.fill(1500ms);
    CHECK(recorder.timeline.position() == 2s);
    recorder.put(1900ms, 9600, 5); // the first half of it is late
    recorder.timeline.fill(3s);
    recorder.checkContinuous(1s);
    CHECK(recorder.count(5) == 4800);
    CHECK(recorder.left[static_cast<std::size_t>(kRate)] == 5);
}

TEST_CASE("a broken timestamp asks for no hours of silence") {
    Recorder recorder;
    recorder.timeline.begin(0s);
    recorder.put(0s, kRate, 1);
    recorder.put(std::chrono::hours(100), 960, 2);
    CHECK(recorder.timeline.position() < 60s);
    recorder.put(-std::chrono::hours(100), 960, 3);
    recorder.timeline.put(2s, {});
    const std::int16_t half = 1;
    recorder.timeline.put(2s, {&half, 1});
    recorder.checkContinuous(0s);
    CHECK(recorder.count(3) == 0);
}
