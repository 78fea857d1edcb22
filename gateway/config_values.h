#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

/// Reading single values of the settings file. Each gives what is wrong, as the end of a sentence
/// ("must be …"), or nothing when the value was stored. Reentrant.
namespace gateway::values {

using Complaint = std::optional<std::string>;

[[nodiscard]] Complaint number(std::int64_t& into, const std::string& value, std::int64_t least,
                               std::int64_t most);
[[nodiscard]] Complaint yesOrNo(bool& into, const std::string& value);
/// Separated by ";", spaces around and empty ones dropped.
[[nodiscard]] std::vector<std::string> list(const std::string& value);
/// The same, but spaces inside stay.
[[nodiscard]] std::vector<std::string> splitList(const std::string& value);
[[nodiscard]] std::string trimmed(const std::string& text);
[[nodiscard]] std::string joined(const std::vector<std::string>& list);
/// "20000-20999"
[[nodiscard]] Complaint portRange(int& first, int& last, const std::string& value);
/// Printable characters without spaces, so that it fits a header and an address.
[[nodiscard]] Complaint token(std::string& into, const std::string& value);
/// A numeric address that packets can go to; multicast too, broadcast not.
[[nodiscard]] Complaint destination(std::string& into, const std::string& value);
/// A numeric address that a socket here can have, wildcards not.
[[nodiscard]] Complaint unicast(std::string& into, const std::string& value);
/// Addresses and blocks such as 192.0.2.0/24.
[[nodiscard]] Complaint blocks(std::vector<std::string>& into, const std::string& value);

} // namespace gateway::values
