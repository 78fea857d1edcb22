#include "pipelines/stream/switch.h"

#include "tests/support/run_until.h"
#include "tests/unit/fanout/units.h"

#include <algorithm>
#include <catch2/catch.hpp>
#include <cmath>
#include <vector>

using namespace std::chrono_literals;
using base::Milliseconds;
using base::Nanoseconds;
using stream::Switch;
using Texts = std::vector<std::string>;

namespace {

constexpr double kBlockSeconds = 1024.0 / 48000;
constexpr std::size_t kSilentBytes = 50; ///< more than an AAC frame of silence has
constexpr std::size_t kLoudBytes = 100;  ///< fewer than one of a tone has

/// Keeps all that crosses the fan-out from the first key frame on.
class Collector : public fanout::Consumer {
public:
    void setFormat(const fanout::Format&) override {}
    void consume(const fanout::AccessUnit& unit) override {
        const std::lock_guard lock(mutex_);
        units_.push_back(unit);
    }
    [[nodiscard]] std::vector<fanout::AccessUnit> of(fanout::Media media) const {
        const std::lock_guard lock(mutex_);
        std::vector<fanout::AccessUnit> found;
        std::copy_if(units_.begin(), units_.end(), std::back_inserter(found),
                     [media](const fanout::AccessUnit& unit) { return unit.media == media; });
        return found;
    }

private:
    mutable std::mutex mutex_; ///< guards units_
    std::vector<fanout::AccessUnit> units_;
};

/// A switch, an encoder behind it that passes H.264 through, and what came out.
class Bench {
public:
    explicit Bench(Switch::Source first = {1, true}) {
        gst_init(nullptr, nullptr);
        format_ = gst::Ref<GstCaps>::adopt(
            gst_caps_from_string("video/x-h264,width=320,height=180,framerate=30/1"));
        fanout_->add(collector_);
        auto started = stream::Encoder::start(
            {}, sdp::Codec::H264, gst::Timebase::now(), fanout_,
            [this](const control::FromPipeline& message) {
                live_.push_back(std::get<control::Live>(message));
            },
            [](const base::Error& error) { FAIL(error.message); });
        REQUIRE(started.has_value());
        encoder_ = *started;
        switch_.emplace(first, encoder_, [this] { ++switched_; });
        // The audio's format is known once the encoder has made something.
        REQUIRE(support::runUntil([this] { return encoder_->encoded().bytes() > 0; }));
    }
    Bench(const Bench&) = delete;
    Bench& operator=(const Bench&) = delete;
    ~Bench() {
        bool closed = false;
        encoder_->close([&closed] { closed = true; });
        CHECK(support::runUntil([&closed] { return closed; }));
    }

    Switch* operator->() { return &*switch_; }

    void keyFrame(int source, Milliseconds time, std::uint8_t level = 0x1f) {
        frame(source, time,
              {0, 0, 1, 0x67, 0x42, 0xc0, level, 0x8c, 0, 0, 1, 0x68, 0xce, 0x3c, 0, 0, 1, 0x65});
    }
    void deltaFrame(int source, Milliseconds time) { frame(source, time, {0, 0, 1, 0x41, 0x9a}); }
    /// 20 ms.
    void silence(int source, Nanoseconds time) {
        switch_->push(source, time, std::vector<std::int16_t>(1920, 0));
    }
    /// 20 ms of a tone.
    void tone(int source, Nanoseconds time) {
        std::vector<std::int16_t> samples(1920);
        for (std::size_t i = 0; i < samples.size(); ++i) {
            const double at =
                std::chrono::duration<double>(time).count() + static_cast<double>(i / 2) / 48000;
            samples[i] = static_cast<std::int16_t>(16000 * std::sin(2 * M_PI * 441 * at));
        }
        switch_->push(source, time, samples);
    }

    /// "K1000 v1033 …"
    [[nodiscard]] Texts video() const {
        Texts texts;
        for (const auto& unit : collector_->of(fanout::Media::Video)) {
            texts.push_back(test::describe(unit));
        }
        return texts;
    }
    /// What belongs from `from` up to `to`, when all of it has been encoded: end to end.
    [[nodiscard]] std::vector<fanout::AccessUnit> audio(Nanoseconds from, Nanoseconds to) const {
        std::vector<fanout::AccessUnit> all;
        REQUIRE(support::runUntil([&] {
            all = collector_->of(fanout::Media::Audio);
            return !all.empty() && all.back().time >= to;
        }));
        for (std::size_t i = 1; i < all.size(); ++i) {
            const auto step = std::chrono::duration<double>(all[i].time - all[i - 1].time).count();
            CHECK(std::abs(step - kBlockSeconds) < 1e-6);
        }
        std::erase_if(all, [&](const auto& unit) { return unit.time < from || unit.time >= to; });
        return all;
    }
    [[nodiscard]] const std::vector<control::Live>& live() const { return live_; }
    [[nodiscard]] int switched() const { return switched_; }

private:
    void frame(int source, Milliseconds time, const std::vector<std::uint8_t>& bytes) {
        fanout::AccessUnit unit;
        unit.data =
            gst::Ref<GstBuffer>::adopt(gst_buffer_new_allocate(nullptr, bytes.size(), nullptr));
        gst_buffer_fill(unit.data.get(), 0, bytes.data(), bytes.size());
        unit.time = time;
        unit.keyFrame = bytes.size() > 5;
        switch_->push(source, std::move(unit), format_);
    }

    gst::Ref<GstCaps> format_;
    std::shared_ptr<Collector> collector_ = std::make_shared<Collector>();
    std::shared_ptr<fanout::Fanout> fanout_ = std::make_shared<fanout::Fanout>();
    std::shared_ptr<stream::Encoder> encoder_;
    std::optional<Switch> switch_;
    std::vector<control::Live> live_;
    int switched_ = 0;
};

std::size_t largest(const std::vector<fanout::AccessUnit>& units) {
    std::size_t bytes = 0;
    for (const fanout::AccessUnit& unit : units) {
        bytes = std::max(bytes, unit.size());
    }
    return bytes;
}

std::size_t smallest(const std::vector<fanout::AccessUnit>& units) {
    std::size_t bytes = SIZE_MAX;
    for (const fanout::AccessUnit& unit : units) {
        bytes = std::min(bytes, unit.size());
    }
    return bytes;
}

} // namespace

TEST_CASE("the first source is active, others are not") {
    Bench bench;
    bench.keyFrame(2, 900ms);
    bench.keyFrame(1, 1000ms);
    bench.deltaFrame(1, 1033ms);
    bench.keyFrame(2, 1050ms);
    CHECK(bench.video() == Texts{"K1000", "v1033"});
    CHECK(bench->active() == 1);
    CHECK(bench.switched() == 0);
}

TEST_CASE("the next source takes over with a key frame, video and audio at once") {
    Bench bench;
    bench.keyFrame(1, 1000ms);
    bench->expect({2, true});
    for (Milliseconds time = 1000ms; time < 3000ms; time += 20ms) {
        bench.silence(1, time);
        bench.tone(2, time);
        if (time == 2000ms) {
            bench.deltaFrame(2, time);
            bench.keyFrame(1, time);
            CHECK(bench->active() == 1);
            bench.keyFrame(2, time + 1ms);
            bench.keyFrame(1, time + 2ms);
            bench.deltaFrame(2, time + 3ms);
        }
    }
    CHECK(bench->active() == 2);
    CHECK(bench.switched() == 1);
    CHECK(bench.video() == Texts{"K1000", "K2000", "K2001", "v2003"});
    CHECK(largest(bench.audio(1100ms, 1900ms)) < kSilentBytes);
    CHECK(smallest(bench.audio(2100ms, 2900ms)) > kLoudBytes);
    CHECK(support::runUntil([&] { return !bench.live().empty(); }));
    CHECK(bench.live().size() == 1); // one take
}

TEST_CASE("the next source waits for its audio, but not for ever") {
    Bench bench;
    bench->expect({2, true});
    bench.keyFrame(2, 1000ms);
    bench.keyFrame(2, 1690ms);
    CHECK(bench->active() == 1);
    SECTION("which comes") {
        bench.silence(2, 1690ms);
        bench.keyFrame(2, 1691ms);
    }
    SECTION("which does not come") {
        bench.keyFrame(2, 1700ms);
    }
    CHECK(bench->active() == 2);
    CHECK(bench.switched() == 1);
}

TEST_CASE("a source that is withdrawn does not take over any more, unless it has") {
    Bench bench;
    bench->expect({2, false});
    CHECK(bench->withdraw(2));
    bench.keyFrame(2, 1000ms);
    CHECK(bench->active() == 1);
    bench->expect({3, false});
    bench.keyFrame(3, 1000ms);
    CHECK_FALSE(bench->withdraw(3));
    CHECK(bench->active() == 3);
}

TEST_CASE("video times increase, whoever sends") {
    Bench bench;
    bench.keyFrame(1, 1000ms);
    bench.deltaFrame(1, 1040ms);
    bench->expect({2, false});
    bench.keyFrame(2, 1020ms);
    bench.deltaFrame(2, 1041ms);
    bench.deltaFrame(2, 1060ms);
    CHECK(bench.video() == Texts{"K1000", "v1040", "K1041", "v1042", "v1060"});
}

TEST_CASE("other parameter sets are a new take, of which the gateway is told") {
    Bench bench;
    bench.keyFrame(1, 1000ms);
    bench.keyFrame(1, 1500ms);
    bench.keyFrame(1, 2000ms, 0x28);
    REQUIRE(support::runUntil([&] { return bench.live().size() == 2; }));
    CHECK(bench.live()[0].take == 0);
    CHECK(bench.live()[1].take == 1);
    CHECK(bench.live()[1].video.size == base::PictureSize{320, 180});
    CHECK(bench.live()[1].audio.config.starts_with("1190")); // AAC-LC, 48 kHz, stereo
}

TEST_CASE("where a source sends no audio there is silence up to now, from the first frame on") {
    Bench bench({1, false});
    bench->fillSilence(990ms);
    bench.keyFrame(1, 1000ms);
    for (Milliseconds now = 1000ms; now <= 3000ms; now += 50ms) {
        bench->fillSilence(now);
    }
    const auto units = bench.audio(0ms, 2900ms);
    CHECK(units.size() >= 88);
    CHECK(units.front().time == 1000ms);
    CHECK(largest(units) < kSilentBytes);
    CHECK(bench.audio(0ms, 2900ms).back().time < 3000ms); // none ahead of its time
}

TEST_CASE("audio that came before the first video frame is kept from its time on") {
    Bench bench;
    for (Milliseconds time = 0ms; time < 1000ms; time += 20ms) {
        bench.tone(1, time);
    }
    bench.keyFrame(1, 400ms);
    const auto units = bench.audio(0ms, 900ms);
    CHECK(units.front().time == 400ms);
    CHECK(smallest({units.begin() + 2, units.end()}) > kLoudBytes);
}

TEST_CASE("audio that stops becomes silence, and comes back in its place") {
    Bench bench;
    bench.keyFrame(1, 1000ms);
    for (Milliseconds time = 1000ms; time < 4000ms; time += 20ms) {
        if (time < 1500ms || time >= 3000ms) {
            bench.tone(1, time);
        }
        bench->fillSilence(time + 20ms);
    }
    const auto units = bench.audio(1000ms, 3800ms);
    const auto between = [&](Nanoseconds from, Nanoseconds to) {
        std::vector<fanout::AccessUnit> some;
        std::copy_if(units.begin(), units.end(), std::back_inserter(some),
                     [&](const auto& unit) { return unit.time >= from && unit.time < to; });
        return some;
    };
    CHECK(smallest(between(1100ms, 1400ms)) > kLoudBytes);
    CHECK(largest(between(1600ms, 2900ms)) < kSilentBytes);
    CHECK(smallest(between(3100ms, 3800ms)) > kLoudBytes);
}
