#pragma once

#include "pipelines/base/result.h"

#include <string>
#include <vector>

namespace streams {

/// Where RTP may be sent on request. Loopback always; elsewhere only what the settings allow, and
/// never to everyone: whoever may publish must not turn the server against others. Reentrant.
class Destinations {
public:
    /// Addresses and CIDR blocks.
    explicit Destinations(std::vector<std::string> allowed) : allowed_(std::move(allowed)) {}

    /// The numeric address in its usual form. `ports`: how many are used, from `port` on.
    [[nodiscard]] base::Result<std::string> check(const std::string& host, int port,
                                                  int ports) const;

private:
    std::vector<std::string> allowed_;
};

/// The address of this machine that packets to `destination` come from.
[[nodiscard]] std::string senderTowards(const std::string& destination);

} // namespace streams
