#include "gateway/archive/recording.h"

#include "pipelines/base/time_text.h"
#include "pipelines/json/writer.h"

#include <array>
#include <utility>

namespace archive {

namespace {

constexpr std::array<std::pair<State, std::string_view>, 5> kNames{{
    {State::Recording, "recording"},
    {State::Finishing, "finishing"},
    {State::Finished, "finished"},
    {State::Failed, "failed"},
    {State::Deleted, "deleted"},
}};

} // namespace

std::string_view nameOf(State state) {
    for (const auto& [value, name] : kNames) {
        if (value == state) {
            return name;
        }
    }
    return "";
}

std::optional<State> stateNamed(std::string_view wanted) {
    for (const auto& [value, name] : kNames) {
        if (name == wanted) {
            return value;
        }
    }
    return std::nullopt;
}

namespace {

void put(json::Writer& json, const RecordingInfo& recording) {
    const std::string id = recording.id.text();
    json.put("id", id).put("state", nameOf(recording.state));
    if (recording.state == State::Deleted) {
        return;
    }
    json.put("stream", recording.id.stream())
        .put("start", base::rfc3339(recording.id.start()))
        .putSeconds("duration", recording.duration)
        .put("bytes", recording.bytes)
        .put("url", "/recordings/" + id + ".mp4");
    const bool both = !recording.warning.empty() && !recording.delay.empty();
    const std::string warning = recording.warning + (both ? "; " : "") + recording.delay;
    if (!warning.empty()) {
        json.put("warning", warning);
    }
}

} // namespace

std::string toJson(const RecordingInfo& recording) {
    json::Writer json;
    put(json, recording);
    return json.finish();
}

std::string toJson(const std::vector<RecordingInfo>& recordings) {
    json::Writer json;
    json.list("recordings");
    for (const RecordingInfo& recording : recordings) {
        json.addObject();
        put(json, recording);
        json.end();
    }
    return json.finish();
}

} // namespace archive
