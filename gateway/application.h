#pragma once

#include "gateway/config/config.h"
#include "gateway/folders.h"
#include "gateway/streams/registry.h"
#include "pipelines/base/loop.h"

#include <functional>
#include <memory>
#include <string>

namespace api {
class Events;
}

namespace archive {
class Archive;
}

namespace ice {
class IceServers;
}

namespace turn_check {
class ConnectivityCheck;
}

namespace whip {
class Endpoint;
}

namespace gateway {

/// Everything that runs, put together and taken apart in the right order. Owned by main.
/// Thread-bound.
class Application {
public:
    static base::Result<std::unique_ptr<Application>> start(const config::Config& config);
    Application(const Application&) = delete;
    Application& operator=(const Application&) = delete;
    ~Application();

    /// Ends all streams, then closes the recordings; `onStopped` is called once, later, at most
    /// kLongestStop after.
    void stop(std::function<void()> onStopped);
    static constexpr base::Milliseconds kLongestStop{9500};

    [[nodiscard]] std::string url() const;

private:
    explicit Application(Folders folders);

    /// How publishers reach the pipelines; ours is a peer of the embedded relay.
    base::Result<control::IceSettings> startRelay(const config::Config& config);
    base::Result<void> startStreams(const config::Config& config, control::IceSettings ice);
    void connectArchive();
    base::Result<void> startServer(const config::Config& config);
    void stopped();

    Folders folders_;
    std::unique_ptr<archive::Archive> archive_;
    std::unique_ptr<streams::Registry> registry_;
    streams::Subscription archiving_;
    std::unique_ptr<ice::IceServers> iceServers_;
    std::unique_ptr<turn_check::ConnectivityCheck> connectivityCheck_;
    std::unique_ptr<whip::Endpoint> whip_;
    std::unique_ptr<api::Events> events_;
    std::unique_ptr<http::Server> server_; ///< refers to all above
    base::Timer stopDeadline_;
    std::function<void()> onStopped_;
};

} // namespace gateway
