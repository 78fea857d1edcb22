#include "pipelines/h264/nal.h"

#include <catch2/catch.hpp>
#include <string>
#include <vector>

using namespace h264;

namespace {

using Octets = std::vector<std::uint8_t>;

const Octets kSps{0x67, 0x42, 0xc0, 0x1f, 0x8c, 0x68};
const Octets kPps{0x68, 0xce, 0x3c, 0x80};
const Octets kIdr{0x65, 0x88, 0x84, 0x00, 0x33};
const Octets kAud{0x09, 0xf0};

Octets annexB(const std::vector<Octets>& units, bool longCodes = true) {
    Octets stream;
    for (const Octets& unit : units) {
        if (longCodes) {
            stream.push_back(0);
        }
        stream.insert(stream.end(), {0, 0, 1});
        stream.insert(stream.end(), unit.begin(), unit.end());
    }
    return stream;
}

std::string text(const Octets& bytes) {
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
    const Octets sei{0x06, 0x05, 0x01, 0xaa, 0x80};
    const auto sets = findParameterSets(annexB({kPps, sei, kSps}));
    REQUIRE(sets.has_value());
    CHECK(sets->sps == text(kSps));
    CHECK(sets->pps == text(kPps));
}

TEST_CASE("nal_ref_idc does not matter") {
    Octets sps = kSps;
    sps[0] = 0x27;
    Octets pps = kPps;
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
    CHECK_FALSE(findParameterSets(Octets(1000, 0)).has_value());
    CHECK_FALSE(findParameterSets(Octets{0, 0, 1}).has_value());
    CHECK_FALSE(findParameterSets(Octets{0, 0, 0, 1}).has_value());
}

TEST_CASE("cut off anywhere it is harmless, and what is found is a prefix of the right one") {
    const Octets whole = annexB({kAud, kSps, kPps});
    for (std::size_t length = 0; length < whole.size(); ++length) {
        const Octets part(whole.begin(), whole.begin() + static_cast<std::ptrdiff_t>(length));
        const auto sets = findParameterSets(part);
        INFO(length);
        if (sets) {
            CHECK(sets->sps == text(kSps));
            CHECK_FALSE(sets->pps.empty());
            CHECK(text(kPps).starts_with(sets->pps));
        }
    }
}

TEST_CASE("NAL units lose start codes, delimiters and parameter sets") {
    const std::vector<std::uint8_t> unit{0,    0,    0,    1,    9,    0xf0, 0, 0, 0, 1,
                                         0x67, 0x42, 0xc0, 0x1f, 0xda, 0,    0, 0, 1, 0x68,
                                         0xce, 0,    0,    1,    0x65, 0x88, 0, 3, 0};
    std::vector<std::uint8_t> out;
    appendWithLengths(unit, out);
    CHECK(out == std::vector<std::uint8_t>{0, 0, 0, 4, 0x65, 0x88, 0, 3});
    CHECK(decoderConfiguration(unit) == std::vector<std::uint8_t>{1, 0x42, 0xc0, 0x1f, 0xff, 0xe1,
                                                                  0, 5, 0x67, 0x42, 0xc0, 0x1f,
                                                                  0xda, 1, 0, 2, 0x68, 0xce});
    CHECK(decoderConfiguration({}).empty());
    appendWithLengths(std::vector<std::uint8_t>{0, 0, 1}, out);
    appendWithLengths(std::vector<std::uint8_t>{1, 2}, out);
    CHECK(out.size() == 8);
}
