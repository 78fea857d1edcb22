#include "gateway/whip/endpoint.h"

#include "gateway/ice/relay_uris.h"
#include "gateway/streams/names.h"
#include "pipelines/base/log.h"
#include "pipelines/base/loop.h"
#include "pipelines/base/unique.h"
#include "sdp/session_description.h"

#include <utility>

namespace whip {

namespace {

using base::Problem;
using http::Reply;

const base::Logger kLog("whip");

constexpr const char* kOfferType = "application/sdp";
constexpr const char* kFragmentType = "application/trickle-ice-sdpfrag";

base::Error errorOf(const sdp::Refusal& refusal) {
    const std::string where = refusal.line > 0 ? "line " + std::to_string(refusal.line) + ": " : "";
    const bool malformed = refusal.kind == sdp::Refusal::Kind::malformed;
    return {malformed ? Problem::Malformed : Problem::Unprocessable, where + refusal.reason};
}

base::Error errorOf(const sdp::ParseError& error) {
    const std::string where = error.line > 0 ? "line " + std::to_string(error.line) + ": " : "";
    return {Problem::Malformed, where + error.reason};
}

/// Whoever publishes with a token in the URL gets one that works with PATCH and DELETE too.
std::string sessionUrl(const http::Request& request, const std::string& id) {
    std::string url = "/whip/" + request.parameter("stream") + "/" + id;
    if (const std::string* token = request.queryValue("token")) {
        const base::UniqueString escaped(g_uri_escape_string(token->c_str(), nullptr, FALSE));
        url += std::string("?token=") + escaped.get();
    }
    return url;
}

/// None when it ends.
std::set<std::string> publishersOf(const streams::StreamInfo& stream) {
    if (stream.state >= streams::StreamState::Ending) {
        return {};
    }
    std::set<std::string> publishers(stream.incoming.begin(), stream.incoming.end());
    publishers.insert(stream.session);
    return publishers;
}

} // namespace

Endpoint::Endpoint(streams::Registry& registry, ice::IceServers& iceServers, bool useRelay)
    : registry_(registry), iceServers_(iceServers), useRelay_(useRelay) {
    subscription_ = registry_.subscribe([this](const streams::Event& event) {
        if (const auto* change = std::get_if<streams::StreamChanged>(&event)) {
            sessions_.keepOnly(change->stream.name, publishersOf(change->stream));
        }
    });
}

void Endpoint::addRoutes(http::Router& router, const http::Guard& publishers) {
    const auto add = [&](const char* method, const char* pattern, auto member) {
        http::Route route;
        route.method = method;
        route.pattern = pattern;
        route.handler = [this, member](const http::Request& request,
                                       const http::Responder& responder) {
            if (streams::validName(request.parameter("stream"))) {
                (this->*member)(request, responder);
            } else {
                responder.send(base::Error{Problem::NotFound,
                                           "a stream is named with up to 64 letters, "
                                           "digits, `-` and `_`"});
            }
        };
        route.guard = publishers;
        route.bodyLimit = sdp::SessionDescription::maxBytes;
        route.cors = http::Cors::Whip;
        return route;
    };
    http::Route offer = add("POST", "/whip/{stream}", &Endpoint::post);
    offer.options = {{"Accept-Post", kOfferType}};
    offer.onOptions = [this](const http::Request& request, const Reply& plain,
                             const http::Responder& responder) {
        options(request, plain, responder);
    };
    router.add(std::move(offer));
    http::Route fragment = add("PATCH", "/whip/{stream}/{session}", &Endpoint::patch);
    fragment.options = {{"Accept-Patch", kFragmentType}};
    fragment.bodyLimit = sdp::TrickleFragment::maxBytes;
    router.add(std::move(fragment));
    router.add(add("DELETE", "/whip/{stream}/{session}", &Endpoint::remove));
    router.add(add("GET", "/whip/{stream}", &Endpoint::describe));
    router.add(add("GET", "/whip/{stream}/{session}", &Endpoint::describe));
}

void Endpoint::post(const http::Request& request, const http::Responder& responder) {
    if (request.contentType() != kOfferType) {
        responder.send(
            http::problem({Problem::UnsupportedType, "publish with Content-Type: application/sdp"})
                .with("Accept-Post", kOfferType));
        return;
    }
    auto offer = sdp::PublishOffer::parse(request.body);
    if (!offer) {
        responder.send(errorOf(offer.error()));
        return;
    }
    const auto replaced = replacedBy(request);
    if (!replaced) {
        responder.send(replaced.error());
        return;
    }
    streams::Offer wanted{
        request.parameter("stream"), request.body, request.loopback, *replaced, {}};
    if (useRelay_) {
        publishByRelay(request, responder, *offer, std::move(wanted));
    } else {
        publish(request, responder, *offer, std::move(wanted));
    }
}

void Endpoint::publish(const http::Request& request, const http::Responder& responder,
                       const sdp::PublishOffer& parsed, streams::Offer offer) {
    // Meanwhile the pipeline answers.
    const auto links = IceLinks::collect(iceServers_, request);
    registry_.publish(std::move(offer), [this, request, responder, links,
                                         parsed](const base::Result<streams::Accepted>& result) {
        onPublished(request, responder, parsed, links, result);
    });
}

/// The pipeline gets credentials of its own. Without a relay it may still be reached.
void Endpoint::publishByRelay(const http::Request& request, const http::Responder& responder,
                              const sdp::PublishOffer& parsed, streams::Offer offer) {
    iceServers_.ask(ice::inquiryOf(request, offer.stream),
                    [this, request, responder, parsed,
                     offer](const base::Result<ice::IceConfiguration>& servers) {
                        streams::Offer relayed = offer;
                        if (servers) {
                            relayed.relays = ice::urisForWebrtcbin(*servers);
                        }
                        if (relayed.relays.empty()) {
                            kLog.warning(
                                "no relay for the stream " + offer.stream + ": " +
                                (servers ? "there is none without TLS" : servers.error().message));
                        }
                        publish(request, responder, parsed, std::move(relayed));
                    });
}

/// What the registry calls the session that `?replaces=` names; empty without it. An extension of
/// ours: whoever knows a session's identifier may put another in its place.
base::Result<std::string> Endpoint::replacedBy(const http::Request& request) {
    const std::string* id = request.queryValue("replaces");
    if (id == nullptr) {
        return std::string();
    }
    const Session* session = sessions_.find(request.parameter("stream"), *id);
    if (session == nullptr) {
        return base::fail(Problem::Conflict,
                          "the session to be replaced has ended: publish without ?replaces=");
    }
    return session->publisher;
}

void Endpoint::onPublished(const http::Request& request, const http::Responder& responder,
                           const sdp::PublishOffer& offer, const std::shared_ptr<IceLinks>& links,
                           const base::Result<streams::Accepted>& result) {
    if (!result) {
        responder.send(result.error());
        return;
    }
    const std::string& stream = request.parameter("stream");
    const std::string id = sessions_.add(stream, result->session, offer);
    Reply reply = Reply::text(result->description, kOfferType);
    reply.status = 201;
    reply.with("Location", sessionUrl(request, id))
        .with("ETag", sessions_.find(stream, id)->entityTag)
        .with("Cache-Control", "no-store");
    // Behind what the sources have posted, so that servers nobody is asked for are known for sure.
    base::post([reply = std::move(reply), responder, links]() mutable {
        links->addTo(reply);
        responder.send(std::move(reply));
    });
}

/// Section 4.6: where clients that want servers before their offer find them.
void Endpoint::options(const http::Request& request, const Reply& plain,
                       const http::Responder& responder) {
    if (!streams::validName(request.parameter("stream"))) {
        responder.send(plain);
        return;
    }
    IceLinks::collect(iceServers_, request, [plain, responder](const IceLinks& links) {
        Reply reply = plain;
        reply.with("Cache-Control", "no-store");
        links.addTo(reply);
        responder.send(std::move(reply));
    });
}

Session* Endpoint::sessionOf(const http::Request& request, const http::Responder& responder) {
    Session* session = sessions_.find(request.parameter("stream"), request.parameter("session"));
    if (session == nullptr) {
        responder.send(base::Error{Problem::NotFound, "this session has ended: publish anew"});
    }
    return session;
}

/// Section 4.3: the checks in the order that tells a client the most.
void Endpoint::patch(const http::Request& request, const http::Responder& responder) {
    Session* session = sessionOf(request, responder);
    if (session == nullptr) {
        return;
    }
    if (request.contentType() != kFragmentType) {
        responder.send(http::problem({Problem::UnsupportedType,
                                      std::string("send candidates as ") + kFragmentType})
                           .with("Accept-Patch", kFragmentType));
        return;
    }
    const std::string* ifMatch = request.header("if-match");
    if (ifMatch == nullptr) {
        responder.send(base::Error{Problem::PreconditionRequired,
                                   "send If-Match with the ETag that the answer came with"});
        return;
    }
    if (!matches(*ifMatch, session->entityTag)) {
        responder.send(
            base::Error{Problem::PreconditionFailed, "If-Match names another ICE session"});
        return;
    }
    const auto fragment = sdp::TrickleFragment::parse(request.body);
    if (!fragment) {
        responder.send(errorOf(fragment.error()));
        return;
    }
    const auto trickled = accept(*session, *fragment);
    if (!trickled) {
        responder.send(trickled.error());
        return;
    }
    for (const Trickled& candidate : *trickled) {
        registry_.candidate(session->publisher, candidate.mediaLine, candidate.candidate);
    }
    responder.send(Reply::empty(204));
}

void Endpoint::remove(const http::Request& request, const http::Responder& responder) {
    const Session* session = sessionOf(request, responder);
    if (session == nullptr) {
        return;
    }
    const std::string publisher = session->publisher;
    sessions_.remove(request.parameter("session"));
    registry_.unpublish(publisher, "the publisher stopped");
    responder.send(Reply::empty(200));
}

/// Section 4.2: GET and HEAD are reserved, and succeed without content.
void Endpoint::describe(const http::Request& request, const http::Responder& responder) {
    if (!request.parameter("session").empty() && sessionOf(request, responder) == nullptr) {
        return;
    }
    responder.send(Reply::empty(204));
}

} // namespace whip
