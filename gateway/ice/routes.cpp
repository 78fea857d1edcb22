#include "gateway/ice/routes.h"

#include "gateway/http/rules.h"
#include "gateway/streams/names.h"

namespace ice {

namespace {

using base::Problem;

void getServers(IceServers& servers, const http::Request& request,
                const http::Responder& responder) {
    const std::string* stream = request.queryValue("stream");
    if (stream != nullptr && !streams::validName(*stream)) {
        responder.send(base::Error{Problem::NotFound,
                                   "a stream is named with up to 64 letters, digits, `-` and `_`"});
        return;
    }
    servers.ask(inquiryOf(request, stream != nullptr ? *stream : ""),
                [responder](const base::Result<IceConfiguration>& answer) {
                    if (!answer) {
                        responder.send(answer.error());
                        return;
                    }
                    responder.send(
                        http::Reply::json(toJson(*answer)).with("Cache-Control", "no-store"));
                });
}

} // namespace

Inquiry inquiryOf(const http::Request& request, const std::string& stream) {
    const std::string* host = request.header("host");
    return {stream, host != nullptr ? http::hostName(*host) : "", request.loopback};
}

void addRoutes(http::Router& router, IceServers& servers, const http::Guard& publishers) {
    http::Route route;
    route.method = "GET";
    route.pattern = "/api/v1/ice";
    route.handler = [&servers](const http::Request& request, const http::Responder& responder) {
        getServers(servers, request, responder);
    };
    route.guard = publishers;
    router.add(std::move(route));
}

} // namespace ice
