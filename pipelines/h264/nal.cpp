#include "pipelines/h264/nal.h"

#include <algorithm>
#include <cstring>

namespace h264 {

namespace {

// nal_unit_type, ITU-T H.264 table 7-1
constexpr int kSps = 7;
constexpr int kPps = 8;
constexpr int kDelimiter = 9;

int typeOf(Bytes unit) {
    return unit[0] & 0x1f;
}

/// The offset of the next 00 00 01 at or after `from`; the size when there is none.
std::size_t findStartCode(Bytes bytes, std::size_t from) {
    std::size_t at = from + 2;
    while (at < bytes.size()) {
        const void* one = std::memchr(bytes.data() + at, 1, bytes.size() - at);
        if (one == nullptr) {
            break;
        }
        at = static_cast<std::size_t>(static_cast<const std::uint8_t*>(one) - bytes.data());
        if (bytes[at - 1] == 0 && bytes[at - 2] == 0) {
            return at - 2;
        }
        ++at;
    }
    return bytes.size();
}

void appendLength(std::size_t length, int bytes, std::vector<std::uint8_t>& out) {
    for (int shift = (bytes - 1) * 8; shift >= 0; shift -= 8) {
        out.push_back(static_cast<std::uint8_t>(length >> shift));
    }
}

/// The fields that 14496-15 adds for these profiles; our encoders and browsers make 4:2:0 with 8
/// bits only.
bool isHighProfile(std::uint8_t profile) {
    return profile == 100 || profile == 110 || profile == 122 || profile == 144;
}

} // namespace

void forEachNalUnit(Bytes accessUnit, const std::function<void(Bytes)>& visit) {
    std::size_t start = findStartCode(accessUnit, 0);
    while (start < accessUnit.size()) {
        const std::size_t next = findStartCode(accessUnit, start + 3);
        Bytes unit = accessUnit.subspan(start + 3, next - start - 3);
        while (!unit.empty() && unit.back() == 0) {
            unit = unit.first(unit.size() - 1);
        }
        if (!unit.empty()) {
            visit(unit);
        }
        start = next;
    }
}

std::optional<ParameterSets> findParameterSets(Bytes accessUnit) {
    ParameterSets sets;
    forEachNalUnit(accessUnit, [&sets](Bytes unit) {
        if (typeOf(unit) == kSps && sets.sps.empty()) {
            sets.sps.assign(unit.begin(), unit.end());
        } else if (typeOf(unit) == kPps && sets.pps.empty()) {
            sets.pps.assign(unit.begin(), unit.end());
        }
    });
    return sets.sps.empty() || sets.pps.empty() ? std::nullopt : std::optional(sets);
}

std::vector<std::uint8_t> decoderConfiguration(Bytes keyFrame) {
    const auto sets = findParameterSets(keyFrame);
    constexpr std::size_t kLongest = 0xffff;
    if (!sets || sets->sps.size() < 4 || sets->sps.size() > kLongest ||
        sets->pps.size() > kLongest) {
        return {};
    }
    const std::vector<std::uint8_t> sps(sets->sps.begin(), sets->sps.end());
    std::vector<std::uint8_t> record{1, sps[1], sps[2], sps[3], 0xff, 0xe1};
    appendLength(sps.size(), 2, record);
    record.insert(record.end(), sps.begin(), sps.end());
    record.push_back(1);
    appendLength(sets->pps.size(), 2, record);
    record.insert(record.end(), sets->pps.begin(), sets->pps.end());
    if (isHighProfile(sps[1])) {
        record.insert(record.end(), {0xfd, 0xf8, 0xf8, 0});
    }
    return record;
}

void appendWithLengths(Bytes accessUnit, std::vector<std::uint8_t>& out) {
    forEachNalUnit(accessUnit, [&](Bytes unit) {
        const int type = typeOf(unit);
        if (type == kSps || type == kPps || type == kDelimiter) {
            return;
        }
        appendLength(unit.size(), 4, out);
        out.insert(out.end(), unit.begin(), unit.end());
    });
}

} // namespace h264
