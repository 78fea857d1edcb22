#include "gateway/archive/recording.h"

#include "gateway/streams/names.h"
#include "pipelines/base/time_text.h"
#include "pipelines/json/writer.h"

#include <array>
#include <utility>

namespace archive {

namespace {

constexpr std::size_t kTimeLength = std::string_view("20261120T101500.123Z").size();
constexpr std::string_view kFile = ".mp4";
constexpr std::string_view kPart = ".mp4.part";

constexpr std::array<std::pair<State, std::string_view>, 5> kNames{{
    {State::Recording, "recording"},
    {State::Finishing, "finishing"},
    {State::Finished, "finished"},
    {State::Failed, "failed"},
    {State::Deleted, "deleted"},
}};

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

Id::Id(std::string stream, base::WallTime start)
    : stream_(std::move(stream)), start_(std::chrono::floor<base::Milliseconds>(start)) {}

std::optional<Id> Id::parse(std::string_view text) {
    if (text.size() <= kTimeLength + 1) {
        return std::nullopt;
    }
    const std::size_t dash = text.size() - kTimeLength - 1;
    const auto start = base::parseBasicTime(text.substr(dash + 1));
    if (text[dash] != '-' || !start || !streams::validName(text.substr(0, dash))) {
        return std::nullopt;
    }
    return Id(std::string(text.substr(0, dash)), *start);
}

std::optional<Id> Id::ofPath(std::string_view path) {
    const std::size_t slash = path.find_last_of('/');
    if (slash == std::string_view::npos || slash == 0) {
        return std::nullopt;
    }
    std::string_view name = path.substr(slash + 1);
    std::string_view folder = path.substr(0, slash);
    folder = folder.substr(folder.find_last_of('/') + 1); // npos + 1 is 0
    const std::string_view ending = name.ends_with(kPart) ? kPart : kFile;
    if (!name.ends_with(ending)) {
        return std::nullopt;
    }
    name.remove_suffix(ending.size());
    return parse(std::string(folder) + "-" + std::string(name));
}

std::string Id::text() const {
    return stream_ + "-" + base::basicTime(start_);
}

std::string Id::fileName() const {
    return base::basicTime(start_) + ".mp4";
}

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
