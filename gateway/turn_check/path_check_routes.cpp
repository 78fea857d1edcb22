#include "gateway/turn_check/path_check_routes.h"

#include "sdp/data_offer.h"

namespace turn_check {

namespace {

using base::Problem;
using http::Reply;

constexpr const char* kType = "application/sdp";
constexpr const char* kPath = "/api/v1/ice/check";
constexpr std::size_t kLongestOffer = 16 * 1024; // a browser's has some 2 KiB

void post(PathCheck& check, const http::Request& request, const http::Responder& responder) {
    if (request.contentType() != kType) {
        responder.send(
            http::problem({Problem::UnsupportedType, "send the offer as application/sdp"})
                .with("Accept-Post", kType));
        return;
    }
    const auto offer = sdp::DataOffer::parse(request.body);
    if (!offer) {
        const sdp::Refusal& refusal = offer.error();
        const bool malformed = refusal.kind == sdp::Refusal::Kind::malformed;
        const std::string where =
            refusal.line > 0 ? "line " + std::to_string(refusal.line) + ": " : "";
        responder.send(base::Error{malformed ? Problem::Malformed : Problem::Unprocessable,
                                   where + refusal.reason});
        return;
    }
    const auto opened = check.open(request.loopback, offer->transport.candidates);
    if (!opened) {
        responder.send(opened.error());
        return;
    }
    Reply reply = Reply::text(sdp::answerTo(*offer, opened->agent).print(), kType);
    reply.status = 201;
    responder.send(std::move(reply)
                       .with("Location", std::string(kPath) + "/" + opened->id)
                       .with("Cache-Control", "no-store"));
}

void remove(PathCheck& check, const http::Request& request, const http::Responder& responder) {
    if (check.close(request.parameter("id"))) {
        responder.send(Reply::empty(204));
    } else {
        responder.send(base::Error{Problem::NotFound, "this test has ended"});
    }
}

} // namespace

void addPathCheckRoutes(http::Router& router, PathCheck& check, const http::Guard& publishers) {
    const auto add = [&](const char* method, const std::string& pattern, auto handler) {
        http::Route route;
        route.method = method;
        route.pattern = pattern;
        route.handler = [&check, handler](const http::Request& request,
                                          const http::Responder& responder) {
            handler(check, request, responder);
        };
        route.guard = publishers;
        route.bodyLimit = kLongestOffer;
        router.add(std::move(route));
    };
    add("POST", kPath, post);
    add("DELETE", std::string(kPath) + "/{id}", remove);
}

} // namespace turn_check
