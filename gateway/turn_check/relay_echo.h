#pragma once

#include "gateway/ice/media_addresses.h"
#include "gateway/turn_check/turn_client.h"
#include "gateway/turn_check/udp_socket.h"

#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace turn_check {

/// Sends packets through an allocation to our own media addresses and back again, as a publisher's
/// would go. Owned by the check of one server, which also owns the client. Thread-bound.
class RelayEcho {
public:
    static constexpr base::Milliseconds kRepeat{250};
    static constexpr base::Milliseconds kLongestWait{4000}; ///< once the relay may send

    struct Returned {
        base::Milliseconds time{0};
        std::string note; ///< what is odd, though it works; may be empty
    };
    using Done = std::function<void(TurnResult<Returned>)>;

    /// `done` is called once, later; what went wrong is said of the first of the addresses.
    RelayEcho(TurnClient& client, const TransportAddress& relayed,
              const std::vector<ice::MediaAddress>& media, ice::PortRange ports, Done done);
    RelayEcho(const RelayEcho&) = delete;
    RelayEcho& operator=(const RelayEcho&) = delete;
    ~RelayEcho() { client_.onData(nullptr); }

private:
    /// One of our addresses.
    struct Place {
        TransportAddress peer; ///< as the relay is told
        std::unique_ptr<UdpSocket> socket;
        bool permitted = false;
        std::optional<TransportAddress> from; ///< where a packet came from
        std::optional<TurnFault> fault;
    };

    void open(const ice::MediaAddress& address, ice::PortRange ports);
    void onPermitted(Place& place, const TurnResult<void>& permitted);
    void sendAll();
    void sendTo(const Place& place);
    void onArrived(Place& place, std::string_view packet, const TransportAddress& from);
    void onReturned(const TransportAddress& peer, std::string_view packet);
    void giveUpIfHopeless();
    [[nodiscard]] TurnFault worst() const;
    void finish(TurnResult<Returned> result);

    TurnClient& client_;
    TransportAddress relayed_;
    std::vector<std::unique_ptr<Place>> places_;                 ///< callbacks refer to them
    std::map<std::string, base::Nanoseconds, std::less<>> sent_; ///< when each packet went
    base::Timer repeat_;
    base::Timer deadline_;
    Done done_;
    std::shared_ptr<bool> alive_ = std::make_shared<bool>(true);
};

} // namespace turn_check
