#pragma once

#include "gateway/http/router.h"
#include "gateway/ice/ice_servers.h"

namespace ice {

/// GET /api/v1/ice?stream=NAME for those who may publish. The servers outlive the router.
void addRoutes(http::Router& router, IceServers& servers, const http::Guard& publishers);

} // namespace ice
