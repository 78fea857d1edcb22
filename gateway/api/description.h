#pragma once

#include "gateway/http/request.h"
#include "gateway/streams/events.h"
#include "pipelines/base/result.h"

#include <string>

namespace api {

/// The .sdp file of an rtp or ts output. Unavailable before its parameters are known; Conflict when
/// it would lead nowhere: it names the loopback address and `client` is on another machine.
[[nodiscard]] base::Result<std::string> describe(const streams::StreamInfo& stream,
                                                 const streams::OutputInfo& output,
                                                 const http::Request& client);

/// Whether that client can receive what this output sends.
[[nodiscard]] bool reaches(const streams::OutputInfo& output, const http::Request& client);

/// Null when there is none of that id.
[[nodiscard]] const streams::OutputInfo* findOutput(const streams::StreamInfo& stream,
                                                    const std::string& id);

} // namespace api
