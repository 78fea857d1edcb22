#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <span>
#include <string>
#include <vector>

/// H.264 access units as MP4 wants them (ISO 14496-15) from what the fan-out carries (Annex B).
namespace outputs::nal {

using Bytes = std::span<const std::uint8_t>;

/// Visits the NAL units between the start codes, without trailing zeros.
void forEach(Bytes accessUnit, const std::function<void(Bytes)>& visit);

/// AVCDecoderConfigurationRecord from the parameter sets of a key frame; empty when they are
/// missing.
std::vector<std::uint8_t> decoderConfiguration(Bytes keyFrame);

/// Appends the unit with lengths of four bytes, without delimiters and parameter sets.
void appendWithLengths(Bytes accessUnit, std::vector<std::uint8_t>& out);

} // namespace outputs::nal
