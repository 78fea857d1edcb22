#pragma once

#include "gateway/access/access.h"
#include "gateway/http/router.h"
#include "gateway/streams/registry.h"

/// What players, pages and programs ask for. The registry outlives the router.
namespace api {

/// /api/v1/streams, their outputs and the .sdp files of added receivers.
void addStreamRoutes(http::Router& router, streams::Registry& registry,
                     const rights::Access& access);

/// /live/{stream}/…: playlists and segments of HLS, .sdp files, vlc.m3u.
void addLiveRoutes(http::Router& router, streams::Registry& registry, const rights::Access& access);

} // namespace api
