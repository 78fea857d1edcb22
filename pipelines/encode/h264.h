#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>

namespace encode {

/// The parameter sets at the head of a key frame (ITU-T H.264, 7.3.2), without start codes.
struct ParameterSets {
    std::string sps;
    std::string pps;
    bool operator==(const ParameterSets&) const = default;
};

/// From an Annex B access unit; empty when it lacks one of the two.
std::optional<ParameterSets> findParameterSets(std::span<const std::uint8_t> accessUnit);

} // namespace encode
