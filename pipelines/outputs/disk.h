#pragma once

#include "pipelines/base/result.h"

#include <cstdint>
#include <span>
#include <string>

namespace outputs::disk {

/// What the last failed call said, as an Error: Problem::NoSpace for a full disk or quota.
base::Error lastError(const std::string& what);
/// Writes all of it at the file's position; 0, or a negative errno.
int writeAll(int file, std::span<const std::uint8_t> bytes);

} // namespace outputs::disk
