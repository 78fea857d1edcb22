#pragma once

#include "gateway/http/reply.h"
#include "gateway/http/request.h"
#include "gateway/ice/ice_servers.h"

#include <functional>
#include <memory>
#include <optional>

namespace whip {

/// The Link headers of ICE servers (RFC 9725 section 4.6) for one request. Held by whoever answers
/// it. Thread-bound.
class IceLinks {
public:
    /// Asks for them; `onKnown`, if there is one, is called once, later, when they are known or it
    /// is known that there are none.
    static std::shared_ptr<IceLinks>
    collect(ice::IceServers& servers, const http::Request& request,
            std::function<void(const IceLinks&)> onKnown = nullptr);

    /// Adds those that are known by now: nobody waits for them here, and without them the answer is
    /// as good. Why there are none is logged.
    void addTo(http::Reply& reply) const;

private:
    std::string stream_;
    std::optional<base::Result<ice::IceConfiguration>> answer_;
};

} // namespace whip
