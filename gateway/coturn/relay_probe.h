#pragma once

#include "pipelines/base/loop.h"
#include "pipelines/base/result.h"
#include "pipelines/base/unique.h"

#include <functional>
#include <string>
#include <vector>

namespace coturn {

/// Asks a relay on every address, over UDP and TCP, for an allocation without credentials until it
/// has refused each with its realm (RFC 8489 section 9.2.3): then it is ours and works everywhere.
/// Owned by the embedded relay. Thread-bound.
class RelayProbe {
public:
    /// `done` is called once, later, unless the probe goes before; it may destroy the probe.
    RelayProbe(const std::vector<std::string>& addresses, int port, std::string realm,
               base::Milliseconds deadline, std::function<void(base::Result<void>)> done);
    RelayProbe(const RelayProbe&) = delete;
    RelayProbe& operator=(const RelayProbe&) = delete;

private:
    /// One address over one transport.
    struct Target {
        std::string address;
        int type = 0; ///< SOCK_DGRAM or SOCK_STREAM
        base::UniqueFd socket;
        bool answered = false;
    };

    void tick();
    void ask(Target& target) const;
    [[nodiscard]] bool answered(const Target& target) const;

    std::vector<Target> targets_;
    int port_;
    std::string realm_;
    std::function<void(base::Result<void>)> done_;
    base::Timer ticks_;
    base::Timer deadline_;
};

} // namespace coturn
