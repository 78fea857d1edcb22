#pragma once

#include "gateway/ice/ice_server.h"
#include "pipelines/base/result.h"

#include <chrono>
#include <string>
#include <string_view>

namespace ice {

/// What a service that hands out servers answered: {"iceServers":[{"urls" or "url",…}],…}
/// (STUNner's auth service, RTCConfiguration) or {"username","password","ttl","uris"} (TURN REST).
/// The ttl is the least of what it says and of what its usernames "<expiry>:…" say. Not trusted:
/// types, sizes and characters are checked, and expired credentials are an error, which never
/// quotes the answer. Reentrant.
[[nodiscard]] base::Result<IceConfiguration> readServiceAnswer(std::string_view text,
                                                               std::chrono::sys_seconds now);

/// Less than this is no time to publish in.
constexpr std::chrono::seconds kLeastTtl{10};

/// `text` of somebody else's for a message: one line, printable, not much of it; without the tags
/// if it is a page.
[[nodiscard]] std::string quotable(std::string_view text);

} // namespace ice
