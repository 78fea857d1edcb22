#include "gateway/coturn/relay_probe.h"

#include "gateway/turn_check/turn_client.h"
#include "pipelines/base/loop.h"

#include <thread>

namespace coturn {

namespace {

using namespace std::chrono_literals;
using base::Problem;

constexpr turn_check::TurnWaits kWaits{20ms, 100ms};

/// Whether a relay of that realm answers there now.
bool answers(const ice::IceUri& uri, const std::string& realm, GCancellable* cancellable) {
    const auto client = turn_check::TurnClient::open({uri, "", ""}, cancellable, kWaits);
    return client && !(*client)->allocate() && (*client)->realm() == realm;
}

/// Until the next attempt, or until it is cancelled.
void pause(GCancellable* cancellable) {
    GPollFD cancelled{};
    if (g_cancellable_make_pollfd(cancellable, &cancelled)) {
        g_poll(&cancelled, 1, static_cast<gint>(kWaits.firstRepeat.count()));
        g_cancellable_release_fd(cancellable);
    }
}

base::Result<void> probe(const std::vector<std::string>& addresses, int port,
                         const std::string& realm, base::Nanoseconds deadline,
                         GCancellable* cancellable) {
    using Transport = ice::IceUri::Transport;
    for (const std::string& address : addresses) {
        for (const Transport transport : {Transport::Udp, Transport::Tcp}) {
            const ice::IceUri uri{ice::IceUri::Scheme::Turn, address, port, transport};
            while (!answers(uri, realm, cancellable)) {
                if (turn_check::monotonicNow() > deadline ||
                    g_cancellable_is_cancelled(cancellable)) {
                    return base::fail(
                        Problem::Timeout,
                        "it does not answer on " + ice::hostAndPort(address, port) +
                            (transport == Transport::Udp ? " over UDP" : " over TCP"));
                }
                pause(cancellable);
            }
        }
    }
    return {};
}

} // namespace

RelayProbe::RelayProbe(const std::vector<std::string>& addresses, int port,
                       const std::string& realm, base::Milliseconds deadline,
                       std::function<void(base::Result<void>)> done)
    : done_(std::move(done)), cancellable_(base::Object<GCancellable>::adopt(g_cancellable_new())) {
    const base::Nanoseconds end = turn_check::monotonicNow() + deadline;
    std::thread([=, this, cancellable = cancellable_, alive = std::weak_ptr<bool>(alive_)] {
        const auto result = probe(addresses, port, realm, end, cancellable.get());
        base::post([this, alive, result] {
            if (!alive.expired()) {
                std::exchange(done_, nullptr)(result);
            }
        });
    }).detach();
}

} // namespace coturn
