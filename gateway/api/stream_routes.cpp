#include "gateway/api/routes.h"

#include "gateway/api/json.h"
#include "gateway/api/sdp_file.h"

#include <utility>

namespace api {

namespace {

using base::Problem;
using http::Reply;
using http::Request;
using http::Responder;
using streams::Registry;

/// A receiver is a short object; JSON may nest as deep as it is long.
constexpr std::size_t kReceiverLimit = 1024;

const base::Error kNoStream{Problem::NotFound, "there is no such stream now"};
const base::Error kNoOutput{Problem::NotFound, "this stream has no such output"};

Reply fresh(Reply reply) {
    return std::move(reply).with("Cache-Control", "no-store");
}

void getStreams(Registry& registry, const Request&, const Responder& responder) {
    responder.send(fresh(Reply::json(toJson(registry.list()))));
}

void getStream(Registry& registry, const Request& request, const Responder& responder) {
    if (const auto stream = registry.find(request.parameter("stream"))) {
        responder.send(fresh(Reply::json(toJson(*stream))));
    } else {
        responder.send(kNoStream);
    }
}

void deleteStream(Registry& registry, const Request& request, const Responder& responder) {
    if (auto removed = registry.remove(request.parameter("stream"), "ended on request"); !removed) {
        responder.send(removed.error());
        return;
    }
    responder.send(Reply::empty(204));
}

void getOutputs(Registry& registry, const Request& request, const Responder& responder) {
    if (const auto stream = registry.find(request.parameter("stream"))) {
        responder.send(fresh(Reply::json(toJson(stream->name, stream->outputs))));
    } else {
        responder.send(kNoStream);
    }
}

void getOutput(Registry& registry, const Request& request, const Responder& responder) {
    const auto stream = registry.find(request.parameter("stream"));
    const auto* output = stream ? findOutput(*stream, request.parameter("output")) : nullptr;
    if (output == nullptr) {
        responder.send(stream ? kNoOutput : kNoStream);
        return;
    }
    responder.send(fresh(Reply::json(toJson(stream->name, *output))));
}

void postOutput(Registry& registry, const Request& request, const Responder& responder) {
    if (request.contentType() != "application/json") {
        responder.send(
            http::problem({Problem::UnsupportedType, "send the output as application/json"})
                .with("Accept-Post", "application/json"));
        return;
    }
    const std::string& stream = request.parameter("stream");
    if (!registry.find(stream)) {
        responder.send(kNoStream);
        return;
    }
    const auto receiver = readReceiver(request.body);
    if (!receiver) {
        responder.send(receiver.error());
        return;
    }
    const auto output = registry.addReceiver(stream, *receiver);
    if (!output) {
        responder.send(output.error());
        return;
    }
    responder.send(fresh(Reply::json(toJson(stream, *output), 201))
                       .with("Location", "/api/v1/streams/" + stream + "/outputs/" + output->id));
}

void deleteOutput(Registry& registry, const Request& request, const Responder& responder) {
    const auto removed =
        registry.removeReceiver(request.parameter("stream"), request.parameter("output"));
    if (!removed) {
        responder.send(removed.error());
        return;
    }
    responder.send(Reply::empty(204));
}

void getSdp(Registry& registry, const Request& request, const Responder& responder) {
    const auto stream = registry.find(request.parameter("stream"));
    const auto* output = stream ? findOutput(*stream, request.parameter("output")) : nullptr;
    if (output == nullptr) {
        responder.send(stream ? kNoOutput : kNoStream);
        return;
    }
    responder.send(sdpFile(*stream, *output, request, stream->name + "-" + output->id));
}

} // namespace

void addStreamRoutes(http::Router& router, Registry& registry, const rights::Access& access) {
    const auto add = [&](const char* method, const char* pattern, rights::Right right,
                         auto handler) {
        http::Route route;
        route.method = method;
        route.pattern = pattern;
        route.handler = [&registry, handler](const Request& request, const Responder& responder) {
            handler(registry, request, responder);
        };
        route.guard = access.guardFor(right);
        route.bodyLimit = kReceiverLimit;
        router.add(std::move(route));
    };
    constexpr auto view = rights::Right::View;
    constexpr auto publish = rights::Right::Publish;
    add("GET", "/api/v1/streams", view, getStreams);
    add("GET", "/api/v1/streams/{stream}", view, getStream);
    add("DELETE", "/api/v1/streams/{stream}", publish, deleteStream);
    add("GET", "/api/v1/streams/{stream}/outputs", view, getOutputs);
    add("POST", "/api/v1/streams/{stream}/outputs", publish, postOutput);
    add("GET", "/api/v1/streams/{stream}/outputs/{output}", view, getOutput);
    add("DELETE", "/api/v1/streams/{stream}/outputs/{output}", publish, deleteOutput);
    add("GET", "/api/v1/streams/{stream}/outputs/{output}.sdp", view, getSdp);
}

} // namespace api
