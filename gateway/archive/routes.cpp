#include "gateway/archive/routes.h"

#include "gateway/archive/archive.h"

namespace archive {

namespace {

using http::Reply;
using http::Request;
using http::Responder;

Reply listOf(const Archive& archive) {
    return Reply::json(toJson(archive.list())).with("Cache-Control", "no-cache");
}

Reply oneOf(const Archive& archive, const std::string& id) {
    const auto recording = archive.find(id);
    if (!recording) {
        return http::problem(recording.error());
    }
    return Reply::json(toJson(*recording)).with("Cache-Control", "no-cache");
}

Reply mediaOf(const Archive& archive, const std::string& id) {
    auto body = archive.media(id);
    if (!body) {
        return http::problem(body.error());
    }
    return Reply::file(std::move(*body), "video/mp4")
        .with("Content-Disposition", "attachment; filename=\"" + id + ".mp4\"")
        .with("Cache-Control", "no-cache"); // asks with the ETag: a .part becomes another file
}

void remove(Archive& archive, const std::string& id, const Responder& responder) {
    archive.remove(id, [responder](const base::Result<void>& removed) {
        if (removed) {
            responder.send(Reply::empty());
        } else {
            responder.send(removed.error());
        }
    });
}

} // namespace

void addRoutes(http::Router& router, Archive& archive, const Guards& guards) {
    router.add({"GET", "/api/v1/recordings",
                [&archive](const Request&, const Responder& responder) {
                    responder.send(listOf(archive));
                },
                guards.view});
    router.add({"GET", "/api/v1/recordings/{id}",
                [&archive](const Request& request, const Responder& responder) {
                    responder.send(oneOf(archive, request.parameter("id")));
                },
                guards.view});
    router.add({"DELETE", "/api/v1/recordings/{id}",
                [&archive](const Request& request, const Responder& responder) {
                    remove(archive, request.parameter("id"), responder);
                },
                guards.publish});
    router.add({"GET", "/recordings/{id}.mp4",
                [&archive](const Request& request, const Responder& responder) {
                    responder.send(mediaOf(archive, request.parameter("id")));
                },
                guards.view});
}

} // namespace archive
