#include "pipelines/encode/h264.h"
#include "pipelines/encode/video.h"

#include <catch2/catch.hpp>
#include <string>
#include <vector>

using encode::findParameterSets;

namespace {

using Bytes = std::vector<std::uint8_t>;

const Bytes kSps{0x67, 0x42, 0xc0, 0x1f, 0x8c, 0x68};
const Bytes kPps{0x68, 0xce, 0x3c, 0x80};
const Bytes kIdr{0x65, 0x88, 0x84, 0x00, 0x33};
const Bytes kAud{0x09, 0xf0};

Bytes annexB(const std::vector<Bytes>& units, bool longCodes = true) {
    Bytes stream;
    for (const Bytes& unit : units) {
        if (longCodes) {
            stream.push_back(0);
        }
        stream.insert(stream.end(), {0, 0, 1});
        stream.insert(stream.end(), unit.begin(), unit.end());
    }
    return stream;
}

std::string text(const Bytes& bytes) {
    return {bytes.begin(), bytes.end()};
}

} // namespace

TEST_CASE("parameter sets are found, without start codes or trailing zeros") {
    const bool longCodes = GENERATE(true, false);
    const auto sets = findParameterSets(annexB({kAud, kSps, kPps, kIdr}, longCodes));
    REQUIRE(sets.has_value());
    CHECK(sets->sps == text(kSps));
    CHECK(sets->pps == text(kPps));
}

TEST_CASE("their order does not matter, nor what stands between") {
    const Bytes sei{0x06, 0x05, 0x01, 0xaa, 0x80};
    const auto sets = findParameterSets(annexB({kPps, sei, kSps}));
    REQUIRE(sets.has_value());
    CHECK(sets->sps == text(kSps));
    CHECK(sets->pps == text(kPps));
}

TEST_CASE("nal_ref_idc does not matter") {
    Bytes sps = kSps;
    sps[0] = 0x27;
    Bytes pps = kPps;
    pps[0] = 0x28;
    const auto sets = findParameterSets(annexB({sps, pps, kIdr}));
    REQUIRE(sets.has_value());
    CHECK(sets->sps == text(sps));
    CHECK(sets->pps == text(pps));
}

TEST_CASE("without both there are none") {
    CHECK_FALSE(findParameterSets({}).has_value());
    CHECK_FALSE(findParameterSets(annexB({kAud, kIdr})).has_value());
    CHECK_FALSE(findParameterSets(annexB({kSps, kIdr})).has_value());
    CHECK_FALSE(findParameterSets(annexB({kPps, kIdr})).has_value());
    CHECK_FALSE(findParameterSets(kSps).has_value()); // no start code
    CHECK_FALSE(findParameterSets(Bytes(1000, 0)).has_value());
    CHECK_FALSE(findParameterSets(Bytes{0, 0, 1}).has_value());
    CHECK_FALSE(findParameterSets(Bytes{0, 0, 0, 1}).has_value());
}

TEST_CASE("cut off anywhere it is harmless, and what is found is a prefix of the right one") {
    const Bytes whole = annexB({kAud, kSps, kPps});
    for (std::size_t length = 0; length < whole.size(); ++length) {
        const Bytes part(whole.begin(), whole.begin() + static_cast<std::ptrdiff_t>(length));
        const auto sets = findParameterSets(part);
        INFO(length);
        if (sets) {
            CHECK(sets->sps == text(kSps));
            CHECK_FALSE(sets->pps.empty());
            CHECK(text(kPps).starts_with(sets->pps));
        }
    }
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
