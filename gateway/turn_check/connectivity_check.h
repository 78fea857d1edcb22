#pragma once

#include "gateway/http/router.h"
#include "gateway/ice/media_addresses.h"
#include "gateway/turn_check/udp_socket.h"
#include "pipelines/base/loop.h"
#include "sdp/data_offer.h"

#include <cstddef>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <vector>

namespace turn_check {

/// Tells a page whether packets come here and back: answers the ICE checks of a data channel that
/// is never opened, as an ICE-lite agent (RFC 8445 section 2.5), on the addresses where pipelines
/// take media. DTLS is left unanswered, so nothing but STUN is read. Owned by the application.
/// Thread-bound.
class ConnectivityCheck {
public:
    static constexpr std::size_t kMostSessions = 8;
    /// A browser that has not come through by then does not.
    static constexpr base::Milliseconds kLife{20'000};
    using Addresses = std::function<std::vector<ice::MediaAddress>(bool loopback)>;

    ConnectivityCheck(Addresses addresses, ice::PortRange ports);
    ConnectivityCheck(const ConnectivityCheck&) = delete;
    ConnectivityCheck& operator=(const ConnectivityCheck&) = delete;

    struct Opened {
        std::string id; ///< can't be guessed
        sdp::LiteAgent agent;
    };
    /// `loopback`: the page is on this machine. `theirs` are its candidates: a firewall of ours may
    /// let in only what answers us. Unavailable when too many are open, or no port is free.
    [[nodiscard]] base::Result<Opened> open(bool loopback,
                                            const std::vector<sdp::Candidate>& theirs);
    /// False when there is none of that id (any more).
    bool close(const std::string& id);

private:
    struct Session {
        std::string id;
        std::string password;
        std::vector<TransportAddress> knockAt;
        int knocks = 0;
        base::Timer knocking;
        base::Timer end;
    };

    [[nodiscard]] base::Result<std::vector<sdp::Candidate>> listen(bool loopback);
    void onPacket(UdpSocket& socket, const UdpSocket::Packet& packet);
    void knock(Session& session);
    void end(const std::string& ufrag);

    Addresses addresses_;
    ice::PortRange ports_;
    std::map<std::string, std::unique_ptr<UdpSocket>> sockets_; ///< by address; while one is open
    std::map<std::string, Session> sessions_;                   ///< by our ufrag
};

/// POST /api/v1/ice/check, an offer of a data channel, answered 201 with its answer; DELETE of what
/// Location names. For those who may publish. The check outlives the router.
void addConnectivityCheckRoutes(http::Router& router, ConnectivityCheck& check,
                                const http::Guard& publishers);

} // namespace turn_check
