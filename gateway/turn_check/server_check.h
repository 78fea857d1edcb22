#pragma once

#include "gateway/ice/media_addresses.h"
#include "gateway/turn_check/relay_echo.h"
#include "gateway/turn_check/turn_client.h"

#include <functional>
#include <memory>
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
    std::optional<base::Milliseconds> answers; ///< a Binding and back
    std::optional<base::Milliseconds>
        allocates;                             ///< until there is an allocation, its challenge too
    std::optional<base::Milliseconds> returns; ///< a packet through it and back
    std::optional<TurnFault> fault;
    std::vector<std::string> notes; ///< sentences: what is odd, though it may work

    [[nodiscard]] bool works() const { return !fault; }
};

/// Uses one server as a browser would, step by step. Owned by the check of all. Thread-bound.
class ServerCheck {
public:
    /// Every step has a deadline of its own; this is that of all together.
    static constexpr base::Milliseconds kLongest{20'000};
    using Done = std::function<void(ServerReport)>;

    /// Begins at once; `done` is called once, later.
    ServerCheck(ServerTask task, Done done);
    ServerCheck(const ServerCheck&) = delete;
    ServerCheck& operator=(const ServerCheck&) = delete;

private:
    void open();
    void bind();
    void allocate();
    void onAllocated(const TurnAllocation& allocation);
    void explainRefusal();
    void tryLongerCredentials();
    void noteClocks();
    void fail(TurnFault fault);
    void release(TurnClient& client);
    void finish();

    ServerTask task_;
    ServerReport report_;
    Done done_;
    std::unique_ptr<TurnClient> client_;
    std::unique_ptr<TurnClient> longer_; ///< with credentials that last for years
    std::unique_ptr<RelayEcho> echo_;
    base::Nanoseconds stepStarted_{0};
    base::Timer deadline_;
    std::shared_ptr<bool> alive_ = std::make_shared<bool>(true);
};

} // namespace turn_check
