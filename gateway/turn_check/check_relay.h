#pragma once

#include "gateway/ice/ice_servers.h"
#include "gateway/ice/media_addresses.h"
#include "gateway/turn_check/turn_client.h"

#include <optional>
#include <string>
#include <vector>

namespace turn_check {

/// One address of one server, and what is known about it.
struct ServerTask {
    std::string source; ///< the key in [relay] that it comes from
    TurnServer server;
    std::string secret;        ///< that made the credentials, where we know it
    std::string expectedRealm; ///< empty: any will do
    std::vector<ice::MediaAddress> media;
    ice::PortRange ports;
};

/// How far a browser would come with it. A time that is missing: it did not come so far.
struct ServerReport {
    std::string source;
    std::string url;
    bool relays = false; ///< turn: or turns:; of others only an answer is asked
    std::optional<base::Milliseconds> answers;   ///< a Binding and back
    std::optional<base::Milliseconds> allocates; ///< an allocation, its challenge too
    std::optional<base::Milliseconds> returns;   ///< a packet through it and back
    std::optional<TurnFault> fault;
    std::vector<std::string> notes; ///< sentences: what is odd, though it may work

    [[nodiscard]] bool works() const { return !fault; }
};

/// Uses one server as a browser would, step by step, and waits for each: for a thread of its own.
/// Cancelling makes TooSlow of the step that it waits for. Reentrant.
[[nodiscard]] ServerReport checkServer(const ServerTask& task, GCancellable* cancellable);

/// What `spillway check-relay` needs to know beside the sources.
struct CheckPlan {
    ice::Inquiry inquiry;
    ice::Policy policy = ice::Policy::All;
    std::string secret; ///< of the source "urls"
    std::string realm;  ///< that the servers of "urls" should have
    std::vector<ice::MediaAddress> media;
    std::vector<ice::MediaAddress> embeddedMedia; ///< all that the source "embedded" may send to
    ice::PortRange ports;
};

struct RelayReport {
    struct FailedSource {
        std::string name;
        std::string reason;
    };

    ice::Policy policy = ice::Policy::All;
    std::vector<ServerReport> servers; ///< in the order in which browsers get them
    std::vector<FailedSource> failed;

    /// A browser can publish through one of them.
    [[nodiscard]] bool publishable() const;
};

/// Asks every source for its servers and tries each address of them, all at the same time. Turns
/// the main loop until all is known: 8 s for the sources, 20 s for the servers at most.
[[nodiscard]] RelayReport checkRelays(const ice::Sources& sources, const CheckPlan& plan);

/// For an operator: a table, what to do, and a last line that says whether a browser can publish.
[[nodiscard]] std::string describe(const RelayReport& report);

} // namespace turn_check
