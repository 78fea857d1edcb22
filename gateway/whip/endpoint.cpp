#include "gateway/whip/endpoint.h"

#include "gateway/ice/ice_server.h"
#include "gateway/streams/names.h"
#include "pipelines/base/log.h"
#include "pipelines/base/loop.h"
#include "pipelines/base/unique.h"
#include "sdp/session_description.h"

#include <optional>
#include <set>
#include <utility>

namespace whip {

namespace {

using base::Problem;
using http::Reply;
using http::Responder;

const base::Logger kLog("whip");

constexpr const char* kOfferType = "application/sdp";
constexpr const char* kFragmentType = "application/trickle-ice-sdpfrag";

base::Error errorOf(const sdp::Refusal& refusal) {
    const std::string where = refusal.line > 0 ? "line " + std::to_string(refusal.line) + ": " : "";
    const bool malformed = refusal.kind == sdp::Refusal::Kind::Malformed;
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

using IceResult = base::Result<ice::IceConfiguration>;

/// The Link headers of ICE servers (RFC 9725 section 4.6), or a line in the log why there are none.
void addLinks(Reply& reply, const std::string& stream, const IceResult& servers) {
    if (!servers) {
        kLog.warning(stream + " gets no Link to ICE servers: " + servers.error().message);
        return;
    }
    for (const std::string& link : ice::toLinks(*servers)) {
        reply.with("Link", link);
    }
}

/// The 201 to one offer, sent when both of its parts are there; without Link headers when the ICE
/// servers are not known in time. Held by whoever still has to bring a part.
struct Created {
    Responder responder;
    std::string stream;
    std::optional<Reply> reply;       ///< the pipeline's part: all but the Link headers
    std::optional<IceResult> servers; ///< the other part
    base::Timer deadline;             ///< of `servers`

    void sendWhenComplete() {
        if (reply && servers) {
            deadline.stop();
            addLinks(*reply, stream, *servers);
            responder.send(*std::exchange(reply, std::nullopt));
        }
    }
};

} // namespace

Endpoint::Endpoint(streams::Registry& registry, ice::IceServers& iceServers, bool useRelay,
                   base::Milliseconds linksTime)
    : registry_(registry), iceServers_(iceServers), useRelay_(useRelay), linksTime_(linksTime) {
    subscription_ = registry_.subscribe([this](const streams::Event& event) {
        if (const auto* change = std::get_if<streams::StreamChanged>(&event)) {
            const auto publishers = publishersOf(change->stream);
            std::erase_if(sessions_, [&](const auto& entry) {
                return entry.second.stream == change->stream.name &&
                       !publishers.contains(entry.second.publisher);
            });
        }
    });
}

void Endpoint::addRoutes(http::Router& router, const http::Guard& publishers) {
    const auto add = [&](const char* method, const char* pattern, auto member) {
        http::Route route;
        route.method = method;
        route.pattern = pattern;
        route.handler = [this, member](const http::Request& request, const Responder& responder) {
            if (streams::validName(request.parameter("stream"))) {
                (this->*member)(request, responder);
            } else {
                responder.send(base::Error{Problem::NotFound,
                                           "a stream is named with up to 64 letters, "
                                           "digits, `-` and `_`"});
            }
        };
        route.guard = publishers;
        route.bodyLimit = sdp::SessionDescription::kMaxBytes;
        route.cors = http::Cors::Whip;
        return route;
    };
    http::Route offer = add("POST", "/whip/{stream}", &Endpoint::post);
    offer.options = {{"Accept-Post", kOfferType}};
    offer.onOptions = [this](const http::Request& request, const Reply& plain,
                             const Responder& responder) { options(request, plain, responder); };
    router.add(std::move(offer));
    http::Route fragment = add("PATCH", "/whip/{stream}/{session}", &Endpoint::patch);
    fragment.options = {{"Accept-Patch", kFragmentType}};
    fragment.bodyLimit = sdp::TrickleFragment::kMaxBytes;
    router.add(std::move(fragment));
    router.add(add("DELETE", "/whip/{stream}/{session}", &Endpoint::remove));
    router.add(add("GET", "/whip/{stream}", &Endpoint::describe));
    router.add(add("GET", "/whip/{stream}/{session}", &Endpoint::describe));
}

void Endpoint::post(const http::Request& request, const Responder& responder) {
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
    const Session session = Session::of(wanted.stream, *offer);
    if (useRelay_) {
        publishByRelay(request, responder, session, std::move(wanted));
    } else {
        publish(request, responder, session, std::move(wanted));
    }
}

/// The pipeline gets credentials of its own. Without a relay it may still be reached.
void Endpoint::publishByRelay(const http::Request& request, const Responder& responder,
                              const Session& session, streams::Offer offer) {
    iceServers_.ask(ice::inquiryOf(request, offer.stream), [=, this](const IceResult& servers) {
        streams::Offer relayed = offer;
        if (servers) {
            relayed.relays = ice::urisForWebrtcbin(*servers);
        }
        if (relayed.relays.empty()) {
            kLog.warning("no relay for the stream " + offer.stream + ": " +
                         (servers ? "there is none without TLS" : servers.error().message));
        }
        publish(request, responder, session, std::move(relayed));
    });
}

void Endpoint::publish(const http::Request& request, const Responder& responder,
                       const Session& session, streams::Offer offer) {
    const auto created = std::make_shared<Created>(Created{responder, offer.stream, {}, {}, {}});
    const auto onServers = [created](IceResult servers) {
        created->servers = std::move(servers);
        created->sendWhenComplete();
    };
    created->deadline = base::Timer::once(linksTime_, [created, onServers] {
        if (!created->servers) {
            onServers(base::fail(Problem::Timeout, "they are not known yet"));
        }
    });
    iceServers_.ask(ice::inquiryOf(request, offer.stream), onServers);
    registry_.publish(std::move(offer), [=, this](const base::Result<streams::Accepted>& result) {
        if (!result) {
            responder.send(result.error());
            return;
        }
        const std::string id = randomId();
        sessions_[id] = session;
        sessions_[id].publisher = result->session;
        created->reply = Reply::text(result->description, kOfferType);
        created->reply->status = 201;
        created->reply->with("Location", sessionUrl(request, id))
            .with("ETag", session.entityTag)
            .with("Cache-Control", "no-store");
        created->sendWhenComplete();
    });
}

/// What the registry calls the session that `?replaces=` names; empty without it. An extension of
/// ours: whoever knows a session's identifier may put another in its place.
base::Result<std::string> Endpoint::replacedBy(const http::Request& request) {
    const std::string* id = request.queryValue("replaces");
    if (id == nullptr) {
        return std::string();
    }
    const Session* session = find(request.parameter("stream"), *id);
    if (session == nullptr) {
        return base::fail(Problem::Conflict,
                          "the session to be replaced has ended: publish without ?replaces=");
    }
    return session->publisher;
}

/// Section 4.6: where clients that want servers before their offer find them.
void Endpoint::options(const http::Request& request, const Reply& plain,
                       const Responder& responder) {
    if (!streams::validName(request.parameter("stream"))) {
        responder.send(plain);
        return;
    }
    const std::string stream = request.parameter("stream");
    iceServers_.ask(ice::inquiryOf(request, stream), [=](const IceResult& servers) {
        Reply reply = plain;
        reply.with("Cache-Control", "no-store");
        addLinks(reply, stream, servers);
        responder.send(std::move(reply));
    });
}

Session* Endpoint::find(const std::string& stream, const std::string& id) {
    const auto at = sessions_.find(id);
    return at != sessions_.end() && at->second.stream == stream ? &at->second : nullptr;
}

Session* Endpoint::sessionOf(const http::Request& request, const Responder& responder) {
    Session* session = find(request.parameter("stream"), request.parameter("session"));
    if (session == nullptr) {
        responder.send(base::Error{Problem::NotFound, "this session has ended: publish anew"});
    }
    return session;
}

/// Section 4.3: the checks in the order that tells a client the most.
void Endpoint::patch(const http::Request& request, const Responder& responder) {
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

void Endpoint::remove(const http::Request& request, const Responder& responder) {
    const Session* session = sessionOf(request, responder);
    if (session == nullptr) {
        return;
    }
    const std::string publisher = session->publisher;
    sessions_.erase(request.parameter("session"));
    registry_.unpublish(publisher, "the publisher stopped");
    responder.send(Reply::empty(200));
}

/// Section 4.2: GET and HEAD are reserved, and succeed without content.
void Endpoint::describe(const http::Request& request, const Responder& responder) {
    if (!request.parameter("session").empty() && sessionOf(request, responder) == nullptr) {
        return;
    }
    responder.send(Reply::empty(204));
}

} // namespace whip
