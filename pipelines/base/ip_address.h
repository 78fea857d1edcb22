#pragma once

#include <string>

namespace base {

/// 127.0.0.0/8 and ::1, also written ::ffff:127.0.0.1. False for anything that is no numeric
/// address, "localhost" too. Reentrant.
[[nodiscard]] bool isLoopback(const std::string& address);

} // namespace base
