#pragma once

#include "gateway/http/router.h"
#include "gateway/relay/ice_servers.h"

namespace relay {

/// GET /api/v1/ice?stream=NAME for those who may publish. The servers outlive the router.
void addRoutes(http::Router& router, IceServers& servers, const http::Guard& publishers);

} // namespace relay
