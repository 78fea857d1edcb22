#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <span>
#include <string>
#include <vector>

/// NAL units of H.264 access units in Annex B form (ITU-T H.264, 7.3.1 and Annex B), and the form
/// that MP4 wants (ISO 14496-15).
namespace h264 {

using Bytes = std::span<const std::uint8_t>;

/// Visits the NAL units between the start codes, without trailing zeros; none of them is empty.
void forEachNalUnit(Bytes accessUnit, const std::function<void(Bytes)>& visit);

/// The parameter sets at the head of a key frame, without start codes.
struct ParameterSets {
    std::string sps;
    std::string pps;
    bool operator==(const ParameterSets&) const = default;
};
/// The first of each; nothing when one of the two is missing.
std::optional<ParameterSets> findParameterSets(Bytes accessUnit);

/// AVCDecoderConfigurationRecord from the parameter sets of a key frame; empty when they are
/// missing.
std::vector<std::uint8_t> decoderConfiguration(Bytes keyFrame);

/// Appends the NAL units with lengths of four bytes in place of start codes, without access unit
/// delimiters and parameter sets.
void appendWithLengths(Bytes accessUnit, std::vector<std::uint8_t>& out);

} // namespace h264
