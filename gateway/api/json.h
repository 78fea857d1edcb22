#pragma once

#include "gateway/streams/events.h"
#include "gateway/streams/registry.h"
#include "pipelines/base/result.h"

#include <string>
#include <vector>

/// The JSON texts of the interface, as the pages and others read them.
namespace api {

[[nodiscard]] std::string toJson(const streams::StreamInfo& stream);
[[nodiscard]] std::string toJson(const std::vector<streams::StreamInfo>& all); ///< {"streams":[…]}
[[nodiscard]] std::string toJson(const std::string& stream, const streams::OutputInfo& output);
/// {"outputs":[…]}
[[nodiscard]] std::string toJson(const std::string& stream,
                                 const std::vector<streams::OutputInfo>& all);

/// The data of events: the same objects with their `type`, and what only events say.
[[nodiscard]] std::string eventJson(const streams::StreamChanged& change);
[[nodiscard]] std::string eventJson(const streams::OutputChanged& change);

/// {"type":"rtp","host":"192.0.2.7","port":5004}, and nothing else in it.
[[nodiscard]] base::Result<streams::Receiver> readReceiver(const std::string& text);

} // namespace api
