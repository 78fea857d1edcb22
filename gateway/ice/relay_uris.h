#pragma once

#include "gateway/ice/ice_server.h"

#include <string>
#include <vector>

namespace ice {

/// The relays that webrtcbin can use, as its add-turn-server takes them: with percent-encoded user
/// and password, which it needs or finds nothing. Those over TLS are left out: its "turns" is not
/// TLS on the wire (1.22). Reentrant.
[[nodiscard]] std::vector<std::string> urisForWebrtcbin(const IceConfiguration& configuration);

} // namespace ice
