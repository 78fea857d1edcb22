#include "gateway/api/routes.h"

#include "gateway/api/sdp_file.h"
#include "gateway/hls/channel.h"
#include "pipelines/base/unique.h"

#include <utility>

namespace api {

namespace {

using base::Problem;
using http::Reply;
using http::Request;
using http::Responder;
using streams::Registry;

const base::Error kNotLive{Problem::NotFound, "this stream is not live"};
const base::Error kNotYet{Problem::Unavailable, "the stream has just begun: try again in a moment"};

/// A playlist asked for with a token leads on with that token.
std::string tokenSuffix(const Request& request) {
    const std::string* token = request.queryValue("token");
    if (token == nullptr) {
        return "";
    }
    const base::UniqueString escaped(g_uri_escape_string(token->c_str(), nullptr, FALSE));
    return std::string("?token=") + escaped.get();
}

using Print = std::string (hls::Channel::*)(std::string_view) const;

void sendPlaylist(Registry& registry, const Request& request, const Responder& responder,
                  Print print) {
    const std::string& name = request.parameter("stream");
    const hls::Channel* channel = registry.hls(name);
    if (channel == nullptr || !channel->ready()) {
        responder.send(registry.find(name) ? kNotYet : kNotLive);
        return;
    }
    responder.send(
        Reply::text((channel->*print)(tokenSuffix(request)), "application/vnd.apple.mpegurl")
            .with("Cache-Control", "no-cache"));
}

/// At once, or when the playlist changes if that is soon.
void getPlaylist(Registry& registry, const Request& request, const Responder& responder,
                 Print print) {
    hls::Channel* channel = registry.hls(request.parameter("stream"));
    const bool live = registry.find(request.parameter("stream")).has_value();
    const auto wait = channel != nullptr && live ? channel->reloadWait() : std::nullopt;
    // The multivariant playlist does not change with the segments.
    if (!wait || (channel->ready() && print == &hls::Channel::multivariant)) {
        sendPlaylist(registry, request, responder, print);
        return;
    }
    channel->awaitReload(*wait, [&registry, request, responder, print] {
        sendPlaylist(registry, request, responder, print);
    });
}

void getMultivariant(Registry& registry, const Request& request, const Responder& responder) {
    getPlaylist(registry, request, responder, &hls::Channel::multivariant);
}

void getMedia(Registry& registry, const Request& request, const Responder& responder) {
    getPlaylist(registry, request, responder, &hls::Channel::media);
}

/// Only what the channel itself has named is looked for on disk.
void getSegment(Registry& registry, const Request& request, const Responder& responder) {
    const hls::Channel* channel = registry.hls(request.parameter("stream"));
    const auto path = channel != nullptr
                          ? channel->segmentPath(request.parameter("segment") + ".ts")
                          : std::nullopt;
    if (!path) {
        responder.send(base::Error{Problem::NotFound, "there is no such segment, or not any more"});
        return;
    }
    responder.send(Reply::file({*path, "", ""}, "video/mp2t")
                       .with("Cache-Control", "public, max-age=3600, immutable"));
}

void getSdp(Registry& registry, const Request& request, const Responder& responder,
            const std::string& output, const std::string& suffix) {
    const auto stream = registry.find(request.parameter("stream"));
    if (!stream) {
        responder.send(kNotLive);
        return;
    }
    const auto* info = findOutput(*stream, output);
    responder.send(info != nullptr ? sdpFile(*stream, *info, request, stream->name + suffix)
                                   : http::problem(kNotYet));
}

void getRtp(Registry& registry, const Request& request, const Responder& responder) {
    getSdp(registry, request, responder, "rtp", "");
}

void getTs(Registry& registry, const Request& request, const Responder& responder) {
    getSdp(registry, request, responder, "ts", "-ts");
}

std::string bracketed(const std::string& host) {
    return host.find(':') != std::string::npos ? "[" + host + "]" : host;
}

/// One address that every VLC opens: Debian's has no live555, so no .sdp of two streams.
void getVlc(Registry& registry, const Request& request, const Responder& responder) {
    const auto stream = registry.find(request.parameter("stream"));
    if (!stream || !stream->live) {
        responder.send(stream ? kNotYet : kNotLive);
        return;
    }
    const auto* ts = findOutput(*stream, "ts");
    const bool byRtp =
        ts != nullptr && ts->phase != control::OutputPhase::Failed && reaches(*ts, request);
    const std::string address =
        byRtp ? "rtp://@" + bracketed(ts->host) + ":" + std::to_string(ts->port)
              : request.origin() + "/live/" + stream->name + "/index.m3u8" + tokenSuffix(request);
    responder.send(
        Reply::text("#EXTM3U\n#EXTINF:-1," + stream->name + "\n" + address + "\n",
                    "audio/x-mpegurl")
            .with("Cache-Control", "no-cache")
            .with("Content-Disposition", "attachment; filename=\"" + stream->name + ".m3u\""));
}

} // namespace

void addLiveRoutes(http::Router& router, Registry& registry, const rights::Access& access) {
    const auto add = [&](const char* pattern, auto handler) {
        http::Route route;
        route.method = "GET";
        route.pattern = pattern;
        route.handler = [&registry, handler](const Request& request, const Responder& responder) {
            handler(registry, request, responder);
        };
        route.guard = access.guardFor(rights::Right::View);
        route.cors = http::Cors::Read;
        router.add(std::move(route));
    };
    add("/live/{stream}/index.m3u8", getMultivariant);
    add("/live/{stream}/media.m3u8", getMedia);
    add("/live/{stream}/{segment}.ts", getSegment);
    add("/live/{stream}/stream.sdp", getRtp);
    add("/live/{stream}/ts.sdp", getTs);
    add("/live/{stream}/vlc.m3u", getVlc);
}

} // namespace api
