#pragma once

#include "gateway/config/config.h"

namespace gateway {

/// `spillway check-relay`: tries every server of the settings, prints what an operator needs to
/// know and returns the exit status: 0 when a browser could publish through one, 1 when not, 2 when
/// the settings don't even name servers that can be tried.
[[nodiscard]] int checkRelay(const config::Config& config);

} // namespace gateway
