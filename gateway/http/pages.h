#pragma once

#include "gateway/http/router.h"

#include <string>

namespace http {

/// The pages and what they load, from the folder `web`: open to everyone, since they hold nothing;
/// what they fetch is guarded. Always asked for again (no-cache), mostly answered 304.
void addPages(Router& router, const std::string& webFolder);

} // namespace http
