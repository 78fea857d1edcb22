#pragma once

#include "gateway/http/router.h"
#include "gateway/turn_check/path_check.h"

namespace turn_check {

/// POST /api/v1/ice/check, an offer of a data channel, answered 201 with its answer; DELETE of what
/// Location names. For those who may publish. The check outlives the router.
void addPathCheckRoutes(http::Router& router, PathCheck& check, const http::Guard& publishers);

} // namespace turn_check
