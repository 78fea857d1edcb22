#pragma once

#include <optional>
#include <set>

namespace streams {

/// Allots the UDP ports that players listen on: an even one and the odd one after it, for RTCP.
/// Owned by the registry. Thread-bound.
class Ports {
public:
    /// Both ends belong to the range.
    Ports(int first, int last);

    /// An even port that no other stream has and no program on this machine has bound. `before` is
    /// what the stream had last time (0: nothing): it gets that again, though a player may still
    /// listen there. Nothing when all are in use.
    std::optional<int> allot(int before = 0);
    void release(int port) { taken_.erase(port); }

private:
    int first_;
    int last_;   ///< the last even port with an odd one after it
    int cursor_; ///< ports are not given to another stream at once
    std::set<int> taken_;
};

} // namespace streams
