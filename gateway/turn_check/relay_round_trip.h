#pragma once

#include "gateway/ice/media_addresses.h"
#include "gateway/turn_check/turn_client.h"

#include <string>
#include <vector>

namespace turn_check {

/// A packet went through a relay to an address of ours and back.
struct RelayRoundTrip {
    base::Milliseconds time{0};
    std::string note; ///< what is odd, though it works; may be empty
};

/// Sends packets through an allocation to the addresses where we take media and back again, as a
/// publisher's would go, for at most 4 s once the relay may send. Waits, as TurnClient does. What
/// went wrong is said of the first of the addresses.
[[nodiscard]] TurnResult<RelayRoundTrip>
tryRelayRoundTrip(TurnClient& client, const TransportAddress& relayed,
                  const std::vector<ice::MediaAddress>& media, ice::PortRange ports);

} // namespace turn_check
