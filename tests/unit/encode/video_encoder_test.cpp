#include "pipelines/encode/video.h"
#include "pipelines/h264/nal.h"
#include "running_pipeline.h"

#include <catch2/catch.hpp>
#include <random>
#include <set>

using namespace std::chrono_literals;
using base::Nanoseconds;

namespace {

struct Picture {
    int width = 320;
    int height = 180;

    [[nodiscard]] std::string caps(const std::string& more = "") const {
        return "video/x-raw,format=I420,framerate=0/1,width=" + std::to_string(width) +
               ",height=" + std::to_string(height) + more;
    }
    /// A moving slope with a little noise, so that each picture differs.
    [[nodiscard]] std::vector<std::uint8_t> drawn(int number) const {
        std::mt19937 random(static_cast<unsigned>(number));
        std::vector<std::uint8_t> bytes(static_cast<std::size_t>(width * height * 3 / 2), 128);
        for (int y = 0; y < height; ++y) {
            for (int x = 0; x < width; ++x) {
                bytes[static_cast<std::size_t>(y * width + x)] =
                    static_cast<std::uint8_t>(16 + (x + y + 4 * number) % 200 + random() % 8);
            }
        }
        return bytes;
    }
};

control::VideoSettings smallConfig() {
    return {180, 30, "ultrafast", base::Bitrate::kilobits(500), 1000ms};
}

struct Encoding : RunningPipeline {
    explicit Encoding(const Picture& picture, const control::VideoSettings& config = smallConfig(),
                      const std::string& more = "") {
        auto input = encode::addVideoEncoder(bin(), config, collect());
        REQUIRE(input.has_value());
        addSource(picture.caps(more), input->get());
        play();
    }
};

/// Exp-Golomb codes of a slice header (ITU-T H.264, 9.1).
struct Bits {
    const std::uint8_t* data;
    std::size_t at = 0;

    unsigned bit() {
        const unsigned value = data[at / 8] >> (7 - at % 8) & 1;
        ++at;
        return value;
    }
    unsigned exponential() {
        int zeros = 0;
        while (bit() == 0 && zeros < 31) {
            ++zeros;
        }
        unsigned value = 1;
        for (int i = 0; i < zeros; ++i) {
            value = value << 1 | bit();
        }
        return value - 1;
    }
};

/// slice_type modulo 5 of every slice: 0 P, 1 B, 2 I.
std::set<unsigned> sliceTypes(const fanout::AccessUnit& unit) {
    std::set<unsigned> types;
    const auto bytes = bytesOf(unit);
    for (std::size_t i = 0; i + 8 < bytes.size(); ++i) {
        const unsigned type = bytes[i + 3] & 0x1f;
        if (bytes[i] == 0 && bytes[i + 1] == 0 && bytes[i + 2] == 1 && (type == 1 || type == 5)) {
            Bits bits{bytes.data() + i + 4};
            bits.exponential(); // first_mb_in_slice
            types.insert(bits.exponential() % 5);
        }
    }
    return types;
}

std::vector<std::int64_t> keyFrames(const std::vector<fanout::AccessUnit>& units) {
    std::vector<std::int64_t> found;
    for (std::size_t i = 0; i < units.size(); ++i) {
        if (units[i].keyFrame) {
            found.push_back(static_cast<std::int64_t>(i));
        }
    }
    return found;
}

void checkConstantRate(const std::vector<fanout::AccessUnit>& units, int rate) {
    REQUIRE_FALSE(units.empty());
    std::vector<std::string> wrong;
    for (std::size_t i = 0; i < units.size(); ++i) {
        const auto expected =
            units[0].time.count() + static_cast<std::int64_t>(i) * 1'000'000'000 / rate;
        const auto off = units[i].time.count() - expected;
        const auto longer = units[i].duration.count() - 1'000'000'000 / rate;
        if (std::abs(off) > 2000 || std::abs(longer) > 2000) {
            wrong.push_back(std::to_string(i) + ": " + std::to_string(off) + " ns, lasts " +
                            std::to_string(longer) + " ns more");
        }
    }
    CHECK(wrong == std::vector<std::string>());
}

} // namespace

TEST_CASE("a source with jitter and holes comes out at a constant rate") {
    const Picture picture;
    Encoding encoding(picture);
    std::mt19937 random(1);
    Nanoseconds time = 10s; // the first picture comes late
    int number = 0;
    while (time < 14s) {
        encoding.push(time, picture.drawn(number++));
        time += 20ms + std::chrono::milliseconds(random() % 40);
        time += number == 40 ? 500ms : 0ms; // a freeze
    }
    encoding.drain();
    const auto units = encoding.units();
    CHECK(units.size() >= 115);
    CHECK(units.size() <= 122);
    CHECK(std::abs((units.at(0).time - 10s).count()) <=
          Nanoseconds(34ms).count()); // no fill before it
    checkConstantRate(units, 30);
}

TEST_CASE("key frames stand where segments are cut, and only there") {
    const Picture picture;
    Encoding encoding(picture);
    for (int i = 0; i < 200; ++i) {
        // A cut to something else must not move them.
        encoding.push(33'333'333ns * i, i % 50 == 37
                                            ? std::vector<std::uint8_t>(320 * 180 * 3 / 2, 200)
                                            : picture.drawn(i));
    }
    encoding.drain();
    const auto units = encoding.units();
    CHECK(keyFrames(units) == std::vector<std::int64_t>{0, 15, 30, 45, 60, 90, 120, 150, 180});
}

TEST_CASE("another frame rate and GOP have their own key frames") {
    const Picture picture;
    Encoding encoding(picture, {180, 25, "ultrafast", base::Bitrate::kilobits(500), 2000ms});
    for (int i = 0; i < 220; ++i) {
        encoding.push(40ms * i, picture.drawn(i));
    }
    encoding.drain();
    const auto units = encoding.units();
    checkConstantRate(units, 25);
    CHECK(keyFrames(units) == std::vector<std::int64_t>{0, 25, 50, 75, 100, 150, 200});
}

TEST_CASE("key frames carry parameter sets, and no picture refers to a later one") {
    const Picture picture;
    control::VideoSettings config = smallConfig();
    config.preset = "veryfast"; // has B-frames of its own accord
    Encoding encoding(picture, config);
    for (int i = 0; i < 90; ++i) {
        encoding.push(33'333'333ns * i, picture.drawn(i));
    }
    encoding.drain();
    const auto units = encoding.units();
    std::optional<h264::ParameterSets> sets;
    for (const fanout::AccessUnit& unit : units) {
        const auto types = sliceTypes(unit);
        REQUIRE_FALSE(types.empty());
        CHECK_FALSE(types.contains(1));
        const auto found = h264::findParameterSets(bytesOf(unit));
        CHECK(found.has_value() == unit.keyFrame);
        if (found) {
            CHECK(types == std::set<unsigned>{2});
            CHECK((!sets || *sets == *found));
            sets = found;
        }
    }
    REQUIRE(encoding.caps().size() == 1);
    CHECK(encoding.caps()[0].find("stream-format=(string)byte-stream") != std::string::npos);
    CHECK(encoding.caps()[0].find("alignment=(string)au") != std::string::npos);
}

TEST_CASE("a picture that changes its size or shape stays on the canvas of the first") {
    const Picture first;
    Encoding encoding(first);
    int number = 0;
    const auto show = [&](const Picture& picture) {
        encoding.setCaps(picture.caps());
        for (int i = 0; i < 20; ++i, ++number) {
            encoding.push(33'333'333ns * number, picture.drawn(number));
        }
    };
    show(first);
    show({640, 360});
    show({160, 90});
    show({180, 320}); // turned
    show({321, 181}); // odd
    encoding.drain();
    REQUIRE(encoding.caps().size() == 1);
    CHECK(encoding.caps()[0].find("width=(int)320, height=(int)180") != std::string::npos);
    const auto units = encoding.units();
    CHECK(units.size() >= 99);
    checkConstantRate(units, 30);
    std::optional<h264::ParameterSets> sets;
    for (const fanout::AccessUnit& unit : units) {
        if (unit.keyFrame) {
            const auto found = h264::findParameterSets(bytesOf(unit));
            CHECK((!sets || *sets == *found));
            sets = found;
        }
    }
}

TEST_CASE("a small first picture is scaled up, and pixels that are not square become so") {
    SECTION("small") {
        control::VideoSettings config = smallConfig();
        config.minHeight = 360;
        const Picture picture{160, 90};
        Encoding encoding(picture, config);
        for (int i = 0; i < 10; ++i) {
            encoding.push(33'333'333ns * i, picture.drawn(i));
        }
        encoding.drain();
        CHECK(encoding.caps().at(0).find("width=(int)640, height=(int)360") != std::string::npos);
    }
    SECTION("anamorphic") {
        const Picture picture{320, 240};
        Encoding encoding(picture, smallConfig(), ",pixel-aspect-ratio=4/3");
        for (int i = 0; i < 10; ++i) {
            encoding.push(33'333'333ns * i, picture.drawn(i));
        }
        encoding.drain();
        CHECK(encoding.caps().at(0).find("width=(int)428, height=(int)240") != std::string::npos);
        CHECK(encoding.caps().at(0).find("pixel-aspect-ratio=(fraction)1/1") != std::string::npos);
    }
}

TEST_CASE("an unknown preset is refused") {
    RunningPipeline pipeline;
    control::VideoSettings config = smallConfig();
    config.preset = "warp";
    const auto added = encode::addVideoEncoder(pipeline.bin(), config, pipeline.collect());
    REQUIRE_FALSE(added.has_value());
    CHECK(added.error().message.find("speed-preset") != std::string::npos);
}

TEST_CASE("key frames come at each GOP, and twice as often in the first two") {
    std::vector<int> due;
    for (int picture = 0; picture < 160; ++picture) {
        if (encode::isKeyFrameDue(picture, 30)) {
            due.push_back(picture);
        }
    }
    CHECK(due == std::vector<int>{0, 15, 30, 45, 60, 90, 120, 150});
}

TEST_CASE("GOPs of any length begin with a key frame") {
    for (const int gop : {1, 2, 3, 25, 300}) {
        for (int picture = 0; picture < 10 * gop; picture += gop) {
            INFO(gop << " " << picture);
            CHECK(encode::isKeyFrameDue(picture, gop));
        }
        CHECK(encode::isKeyFrameDue(4 * gop + 1, gop) == (gop == 1));
    }
}
