#include "pipelines/encode/h264.h"

namespace encode {

namespace {

constexpr std::uint8_t kTypeMask = 0x1f;
constexpr std::uint8_t kSps = 7;
constexpr std::uint8_t kPps = 8;

/// Index of the byte after the next start code at or after `from`; size() when there is none.
std::size_t afterStartCode(std::span<const std::uint8_t> data, std::size_t from) {
    for (std::size_t i = from; i + 3 <= data.size(); ++i) {
        if (data[i] == 0 && data[i + 1] == 0 && data[i + 2] == 1) {
            return i + 3;
        }
    }
    return data.size();
}

/// The end of the NAL unit that begins at `from`, without trailing zero bytes.
std::size_t endOfUnit(std::span<const std::uint8_t> data, std::size_t from) {
    const std::size_t next = afterStartCode(data, from);
    std::size_t end = next == data.size() ? next : next - 3;
    while (end > from && data[end - 1] == 0) {
        --end;
    }
    return end;
}

} // namespace

std::optional<ParameterSets> findParameterSets(std::span<const std::uint8_t> accessUnit) {
    ParameterSets sets;
    for (std::size_t unit = afterStartCode(accessUnit, 0); unit < accessUnit.size();
         unit = afterStartCode(accessUnit, unit)) {
        const std::uint8_t type = accessUnit[unit] & kTypeMask;
        if (type != kSps && type != kPps) {
            continue;
        }
        const std::size_t end = endOfUnit(accessUnit, unit);
        std::string& target = type == kSps ? sets.sps : sets.pps;
        target.assign(accessUnit.begin() + static_cast<std::ptrdiff_t>(unit),
                      accessUnit.begin() + static_cast<std::ptrdiff_t>(end));
        if (!sets.sps.empty() && !sets.pps.empty()) {
            return sets;
        }
    }
    return std::nullopt;
}

} // namespace encode
