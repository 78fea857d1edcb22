#pragma once

#include "pipelines/base/result.h"

namespace base {

/// "what: the text of errno". NotFound for ENOENT, NoSpace for a full disk or quota, else Internal.
[[nodiscard]] Error systemError(const std::string& what);

} // namespace base
