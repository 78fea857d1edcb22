#pragma once

#include <cstddef>
#include <string>

namespace base {

/// Bytes that nobody can guess, from the kernel. Ends the process when the kernel has none, which
/// only kernels older than getrandom do. Reentrant.
[[nodiscard]] std::string randomBytes(std::size_t count);

/// The same as text: two lower-case hexadecimal digits for each of `bytes`.
[[nodiscard]] std::string randomHex(std::size_t bytes);

} // namespace base
