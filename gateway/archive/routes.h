#pragma once

#include "gateway/http/router.h"

namespace archive {

class Archive;

/// Who may see recordings, and who may delete them.
struct Guards {
    http::Guard view;
    http::Guard publish;
};

/// GET /api/v1/recordings, GET and DELETE /api/v1/recordings/{id}, GET /recordings/{id}.mp4. The
/// archive outlives the router.
void addRoutes(http::Router& router, Archive& archive, const Guards& guards);

} // namespace archive
