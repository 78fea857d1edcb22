#pragma once

#include "gateway/http/router.h"
#include "gateway/ice/ice_servers.h"
#include "gateway/streams/registry.h"
#include "gateway/whip/session.h"

namespace whip {

/// WebRTC-HTTP ingestion (RFC 9725): `/whip/{stream}` and `/whip/{stream}/{session}`. Owned by
/// main, outlived by the registry and the ICE servers. Thread-bound.
class Endpoint {
public:
    /// How long after the offer its answer waits for the ICE servers: little longer than the
    /// pipeline takes anyway. A client that can't do without them asks before, with OPTIONS.
    static constexpr base::Milliseconds kLinksTime{300};

    /// `useRelay`: the pipelines use the relays, too.
    Endpoint(streams::Registry& registry, ice::IceServers& iceServers, bool useRelay = false,
             base::Milliseconds linksTime = kLinksTime);
    Endpoint(const Endpoint&) = delete;
    Endpoint& operator=(const Endpoint&) = delete;

    void addRoutes(http::Router& router, const http::Guard& publishers);

private:
    void post(const http::Request& request, const http::Responder& responder);
    base::Result<std::string> replacedBy(const http::Request& request);
    void publish(const http::Request& request, const http::Responder& responder,
                 const Session& session, streams::Offer offer);
    void publishByRelay(const http::Request& request, const http::Responder& responder,
                        const Session& session, streams::Offer offer);
    void options(const http::Request& request, const http::Reply& plain,
                 const http::Responder& responder);
    void patch(const http::Request& request, const http::Responder& responder);
    void remove(const http::Request& request, const http::Responder& responder);
    void describe(const http::Request& request, const http::Responder& responder);
    /// Null when there is none of that identifier in that stream.
    Session* find(const std::string& stream, const std::string& id);
    /// Null after it has answered 404.
    Session* sessionOf(const http::Request& request, const http::Responder& responder);

    streams::Registry& registry_;
    ice::IceServers& iceServers_;
    bool useRelay_;
    base::Milliseconds linksTime_;
    std::map<std::string, Session> sessions_; ///< by the identifier in the URL
    streams::Subscription subscription_;
};

} // namespace whip
