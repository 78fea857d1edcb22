#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace base {

/// "00ff": lower case, two digits for each byte. Reentrant.
[[nodiscard]] std::string hex(std::string_view bytes);
[[nodiscard]] std::string hex(const std::uint8_t* bytes, std::size_t count);

/// "00:FF", as a=fingerprint writes a certificate's hash (RFC 8122 section 5).
[[nodiscard]] std::string fingerprint(std::string_view bytes);

/// Nothing for an odd number of digits, or for anything that is no digit. Takes both cases.
[[nodiscard]] std::optional<std::vector<std::uint8_t>> fromHex(std::string_view text);

} // namespace base
