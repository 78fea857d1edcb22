#include "gateway/archive/recording.h"

#include "gateway/http/reply.h"

#include <array>
#include <cstdio>
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

/// Seconds with three places, in any locale.
std::string seconds(base::Nanoseconds duration) {
    const auto all = std::chrono::round<base::Milliseconds>(duration).count();
    std::array<char, 32> text{};
    std::snprintf(text.data(), text.size(), "%lld.%03lld", static_cast<long long>(all / 1000),
                  static_cast<long long>(all % 1000));
    return text.data();
}

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

std::string toJson(const RecordingInfo& recording) {
    const std::string id = recording.id.text();
    std::string json = "{\"id\":" + http::jsonQuoted(id) +
                       ",\"state\":" + http::jsonQuoted(nameOf(recording.state));
    if (recording.state == State::Deleted) {
        return json + "}";
    }
    json += ",\"stream\":" + http::jsonQuoted(recording.id.stream()) +
            ",\"start\":" + http::jsonQuoted(rfc3339(recording.id.start())) +
            ",\"duration\":" + seconds(recording.duration) +
            ",\"bytes\":" + std::to_string(recording.bytes) +
            ",\"url\":" + http::jsonQuoted("/recordings/" + id + ".mp4");
    const bool both = !recording.warning.empty() && !recording.delay.empty();
    const std::string warning = recording.warning + (both ? "; " : "") + recording.delay;
    if (!warning.empty()) {
        json += ",\"warning\":" + http::jsonQuoted(warning);
    }
    return json + "}";
}

} // namespace archive
