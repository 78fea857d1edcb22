#pragma once

#include "gateway/http/reply.h"
#include "gateway/http/request.h"
#include "gateway/streams/events.h"
#include "pipelines/base/result.h"

#include <string>

namespace api {

/// The .sdp file of an rtp or ts output, to be saved as `name`.sdp. Unavailable before the stream's
/// parameters are known. Conflict when the client could not receive what the file describes: it
/// names the loopback address, and `client` is on another machine.
[[nodiscard]] http::Reply sdpFile(const streams::StreamInfo& stream,
                                  const streams::OutputInfo& output, const http::Request& client,
                                  const std::string& name);

/// Whether that client can receive what this output sends: from a loopback address only a client
/// on this machine can.
[[nodiscard]] bool reaches(const streams::OutputInfo& output, const http::Request& client);

/// Null when there is none of that id.
[[nodiscard]] const streams::OutputInfo* findOutput(const streams::StreamInfo& stream,
                                                    const std::string& id);

} // namespace api
