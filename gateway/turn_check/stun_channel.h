#pragma once

#include "gateway/turn_check/turn_fault.h"

#include <functional>
#include <memory>
#include <string>
#include <string_view>

namespace turn_check {

/// The way to one STUN or TURN server, by UDP, TCP or TLS: whole messages out and in. Owned by the
/// client that talks there. Thread-bound.
class StunChannel {
public:
    struct Handlers {
        std::function<void()> onOpen;
        /// A STUN message by its looks; ChannelData is left out.
        std::function<void(std::string_view packet)> onPacket;
        /// Once and finally, also instead of onOpen.
        std::function<void(TurnFault fault)> onFailed;
    };

    /// Handlers are called later, and not after destruction. There is no time-out: the owner's
    /// deadline ends a try.
    static std::unique_ptr<StunChannel> open(const ice::IceUri& uri, Handlers handlers);
    StunChannel() = default;
    StunChannel(const StunChannel&) = delete;
    StunChannel& operator=(const StunChannel&) = delete;
    virtual ~StunChannel() = default;

    virtual void send(std::string_view packet) = 0;
    /// Nothing is lost on it, so nothing is sent again (RFC 8489 section 6.2.2).
    [[nodiscard]] virtual bool reliable() const = 0;
    [[nodiscard]] virtual const TurnPlace& place() const = 0;
};

} // namespace turn_check
