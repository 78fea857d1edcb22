#include "gateway/api/json.h"

#include "gateway/streams/parameters.h"
#include "pipelines/base/unique.h"

#include <filesystem>
#include <json-glib/json-glib.h>

namespace api {

namespace {

using streams::OutputInfo;
using streams::OutputType;
using streams::StreamInfo;

/// A JsonBuilder that closes what it opened.
class Writer {
public:
    Writer& open(const char* name = nullptr) {
        return named(name), json_builder_begin_object(get()), *this;
    }
    Writer& close() { return json_builder_end_object(get()), *this; }
    Writer& openList(const char* name) {
        return named(name), json_builder_begin_array(get()), *this;
    }
    Writer& closeList() { return json_builder_end_array(get()), *this; }
    Writer& put(const char* name, const std::string& text) {
        return named(name), json_builder_add_string_value(get(), text.c_str()), *this;
    }
    Writer& put(const char* name, std::int64_t number) {
        return named(name), json_builder_add_int_value(get(), number), *this;
    }
    Writer& flag(const char* name, bool value) {
        return named(name), json_builder_add_boolean_value(get(), value), *this;
    }
    Writer& null(const char* name) {
        return named(name), json_builder_add_null_value(get()), *this;
    }

    [[nodiscard]] std::string finish() {
        const std::unique_ptr<JsonNode, decltype(&json_node_unref)> root(
            json_builder_get_root(get()), json_node_unref);
        return base::UniqueString(json_to_string(root.get(), FALSE)).get();
    }

private:
    [[nodiscard]] JsonBuilder* get() const { return builder_.get(); }
    void named(const char* name) {
        if (name != nullptr) {
            json_builder_set_member_name(get(), name);
        }
    }

    base::Object<JsonBuilder> builder_ = base::Object<JsonBuilder>::adopt(json_builder_new());
};

const char* nameOf(streams::StreamState state) {
    switch (state) {
    case streams::StreamState::Connecting:
        return "connecting";
    case streams::StreamState::Live:
        return "live";
    case streams::StreamState::Ending:
        return "ending";
    case streams::StreamState::Ended:
        break;
    }
    return "ended";
}

const char* nameOf(streams::EndCause cause) {
    switch (cause) {
    case streams::EndCause::Publisher:
        return "publisher";
    case streams::EndCause::Removed:
        return "removed";
    case streams::EndCause::Stopping:
        return "stopping";
    case streams::EndCause::Failed:
        break;
    }
    return "failed";
}

const char* nameOf(control::OutputPhase phase) {
    switch (phase) {
    case control::OutputPhase::Starting:
        return "starting";
    case control::OutputPhase::Running:
        return "running";
    case control::OutputPhase::Failed:
        return "failed";
    case control::OutputPhase::Stopped:
        break;
    }
    return "stopped";
}

const char* nameOf(OutputType type) {
    switch (type) {
    case OutputType::Hls:
        return "hls";
    case OutputType::Rtp:
        return "rtp";
    case OutputType::Ts:
        return "ts";
    case OutputType::Mp4:
        break;
    }
    return "mp4";
}

/// RFC 3339 with milliseconds.
std::string timeText(base::WallTime time) {
    const auto milliseconds =
        std::chrono::floor<std::chrono::milliseconds>(time).time_since_epoch().count();
    const base::UniqueDateTime seconds(g_date_time_new_from_unix_utc(milliseconds / 1000));
    const base::UniqueString text(g_date_time_format(seconds.get(), "%Y-%m-%dT%H:%M:%S"));
    const base::UniqueString fraction(
        g_strdup_printf(".%03dZ", static_cast<int>(milliseconds % 1000)));
    return std::string(text.get()) + fraction.get();
}

std::string sdpUrl(const std::string& stream, const OutputInfo& output) {
    if (output.id == "rtp") {
        return "/live/" + stream + "/stream.sdp";
    }
    if (output.id == "ts") {
        return "/live/" + stream + "/ts.sdp";
    }
    return "/api/v1/streams/" + stream + "/outputs/" + output.id + ".sdp";
}

void putOutput(Writer& json, const std::string& stream, const OutputInfo& output) {
    json.put("id", output.id).put("type", nameOf(output.type)).put("state", nameOf(output.phase));
    if (!output.error.empty()) {
        json.put("error", output.error);
    }
    switch (output.type) {
    case OutputType::Hls:
        json.put("url", "/live/" + stream + "/index.m3u8");
        break;
    case OutputType::Mp4:
        if (!output.recording.empty()) {
            const auto file = std::filesystem::path(output.recording).filename().string();
            json.put("recording", stream + "-" + file.substr(0, file.find(".mp4")));
        }
        break;
    case OutputType::Rtp:
    case OutputType::Ts:
        json.put("host", output.host).put("port", output.port);
        if (output.type == OutputType::Rtp) {
            json.put("audio_port", output.audioPort);
        }
        json.put("sdp", sdpUrl(stream, output));
        break;
    }
}

void putMedia(Writer& json, const StreamInfo& stream) {
    const auto parameters = stream.live ? streams::Parameters::read(*stream.live)
                                        : base::fail(base::Problem::NotFound, "");
    if (!parameters) {
        json.null("video").null("audio");
        return;
    }
    const control::VideoFormat& video = stream.live->video;
    json.open("video")
        .put("codec", "H.264")
        .put("width", video.size.width)
        .put("height", video.size.height);
    json.put("frame_rate", video.frameRate).put("codecs", parameters->videoCodec);
    json.put("source", stream.video ? stream.video->codec : "");
    json.flag("passthrough", stream.video && stream.video->passthrough).close();
    const control::AudioFormat& audio = stream.live->audio;
    json.open("audio").put("codec", "AAC").put("rate", audio.rate).put("channels", audio.channels);
    json.put("codecs", parameters->audioCodec);
    if (stream.audio) {
        json.put("source", stream.audio->codec);
    } else {
        json.null("source"); // silence of our own
    }
    json.close();
}

void putStream(Writer& json, const StreamInfo& stream) {
    json.put("stream", stream.name).put("state", nameOf(stream.state));
    if (stream.start) {
        json.put("start", timeText(*stream.start));
    } else {
        json.null("start");
    }
    json.put("take", stream.take);
    putMedia(json, stream);
    json.openList("outputs");
    for (const OutputInfo& output : stream.outputs) {
        json.open();
        putOutput(json, stream.name, output);
        json.close();
    }
    json.closeList();
    const control::Stats& stats = stream.stats;
    json.open("stats").put("bitrate_in", stats.received.bitsPerSecond);
    json.put("bitrate_out", stats.encoded.bitsPerSecond).put("frames", stats.frames);
    json.put("lost", stats.lost).put("dropped", stats.dropped).close();
}

} // namespace

std::string toJson(const StreamInfo& stream) {
    Writer json;
    json.open();
    putStream(json, stream);
    return json.close().finish();
}

std::string toJson(const std::vector<StreamInfo>& all) {
    Writer json;
    json.open().openList("streams");
    for (const StreamInfo& stream : all) {
        json.open();
        putStream(json, stream);
        json.close();
    }
    return json.closeList().close().finish();
}

std::string toJson(const std::string& stream, const OutputInfo& output) {
    Writer json;
    json.open();
    putOutput(json, stream, output);
    return json.close().finish();
}

std::string toJson(const std::string& stream, const std::vector<OutputInfo>& all) {
    Writer json;
    json.open().openList("outputs");
    for (const OutputInfo& output : all) {
        json.open();
        putOutput(json, stream, output);
        json.close();
    }
    return json.closeList().close().finish();
}

std::string eventJson(const streams::StreamChanged& change) {
    Writer json;
    json.open().put("type", "stream");
    putStream(json, change.stream);
    if (change.stream.state >= streams::StreamState::Ending) {
        json.put("cause", nameOf(change.stream.cause));
    }
    if (change.stream.state == streams::StreamState::Ended) {
        json.put("reason", change.reason);
    }
    return json.close().finish();
}

std::string eventJson(const streams::OutputChanged& change) {
    Writer json;
    json.open().put("stream", change.stream);
    putOutput(json, change.stream, change.output);
    return json.close().finish();
}

} // namespace api
