#pragma once

#include "pipelines/base/result.h"

#include <string>
#include <vector>

namespace streams {

/// Whether RTP may be sent to a receiver that somebody asked for: on this machine always; elsewhere
/// only to `allowed` addresses and CIDR blocks, and never to a group: whoever may publish must not
/// turn the server against others. Returns the numeric address in its usual form. `ports`: how many
/// are used, from `port` on. Reentrant.
[[nodiscard]] base::Result<std::string> checkReceiver(const std::string& host, int port, int ports,
                                                      const std::vector<std::string>& allowed);

/// The address of this machine that packets to `destination` come from.
[[nodiscard]] std::string senderTowards(const std::string& destination);

} // namespace streams
