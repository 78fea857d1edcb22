#pragma once

#include "gateway/ice/credentials.h"
#include "gateway/ice/ice_servers.h"
#include "gateway/ice/settings.h"

namespace ice {

/// The sources that the settings name, in the order in which they are handed out: STUN servers,
/// relays that share a secret with us (each answer has a name and a password of its own), relays
/// with a name and a password that stay, and a service. Fails when secret-file can't be read.
[[nodiscard]] base::Result<Sources> configuredSources(const Settings& settings,
                                                      const Clock& clock = wallClock);

} // namespace ice
