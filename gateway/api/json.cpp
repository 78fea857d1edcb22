#include "gateway/api/json.h"

#include "gateway/streams/parameters.h"
#include "pipelines/base/time_text.h"
#include "pipelines/json/reader.h"
#include "pipelines/json/writer.h"

#include <filesystem>

namespace api {

namespace {

const base::Error kReceiver{
    base::Problem::Malformed,
    R"(send {"type":"rtp" or "ts","host":"a numeric address","port":an even number})"};

using json::Writer;
using streams::OutputInfo;
using streams::OutputType;
using streams::StreamInfo;

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
    json.put("id", output.id)
        .put("type", nameOf(output.type))
        .put("state", control::nameOf(output.phase));
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
        json.put("video", nullptr).put("audio", nullptr);
        return;
    }
    const control::VideoFormat& video = stream.live->video;
    json.object("video")
        .put("codec", "H.264")
        .put("width", video.size.width)
        .put("height", video.size.height)
        .put("frame_rate", video.frameRate)
        .put("codecs", parameters->videoCodec)
        .put("source", stream.video ? stream.video->codec : "")
        .put("passthrough", stream.video && stream.video->passthrough)
        .end();
    const control::AudioFormat& audio = stream.live->audio;
    json.object("audio")
        .put("codec", "AAC")
        .put("rate", audio.rate)
        .put("channels", audio.channels)
        .put("codecs", parameters->audioCodec);
    if (stream.audio) {
        json.put("source", stream.audio->codec);
    } else {
        json.put("source", nullptr); // no audio is published: silence is sent
    }
    json.end();
}

void putOutputs(Writer& json, const std::string& stream, const std::vector<OutputInfo>& outputs) {
    json.list("outputs");
    for (const OutputInfo& output : outputs) {
        json.addObject();
        putOutput(json, stream, output);
        json.end();
    }
    json.end();
}

void putStream(Writer& json, const StreamInfo& stream) {
    json.put("stream", stream.name).put("state", nameOf(stream.state));
    if (stream.start) {
        json.put("start", base::rfc3339(*stream.start));
    } else {
        json.put("start", nullptr);
    }
    json.put("take", stream.take);
    putMedia(json, stream);
    putOutputs(json, stream.name, stream.outputs);
    const control::Stats& stats = stream.stats;
    json.object("stats")
        .put("bitrate_in", stats.received.bitsPerSecond)
        .put("bitrate_out", stats.encoded.bitsPerSecond)
        .put("frames", stats.frames)
        .put("lost", stats.lost)
        .put("dropped", stats.dropped)
        .end();
}

} // namespace

std::string toJson(const StreamInfo& stream) {
    Writer json;
    putStream(json, stream);
    return json.finish();
}

std::string toJson(const std::vector<StreamInfo>& all) {
    Writer json;
    json.list("streams");
    for (const StreamInfo& stream : all) {
        json.addObject();
        putStream(json, stream);
        json.end();
    }
    return json.finish();
}

std::string toJson(const std::string& stream, const OutputInfo& output) {
    Writer json;
    putOutput(json, stream, output);
    return json.finish();
}

std::string toJson(const std::string& stream, const std::vector<OutputInfo>& all) {
    Writer json;
    putOutputs(json, stream, all);
    return json.finish();
}

std::string eventJson(const streams::StreamChanged& change) {
    Writer json;
    json.put("type", "stream");
    putStream(json, change.stream);
    if (change.stream.state >= streams::StreamState::Ending) {
        json.put("cause", nameOf(change.stream.cause));
    }
    if (change.stream.state == streams::StreamState::Ended) {
        json.put("reason", change.reason);
    }
    return json.finish();
}

std::string eventJson(const streams::OutputChanged& change) {
    Writer json;
    json.put("stream", change.stream);
    putOutput(json, change.stream, change.output);
    return json.finish();
}

/// A port that does not exist becomes 0, which is refused like other ports that can't be used.
base::Result<streams::Receiver> readReceiver(const std::string& text) {
    auto in = json::Reader::parse(text);
    if (!in) {
        return base::fail(kReceiver);
    }
    const std::string type = in->text("type");
    const std::string host = in->text("host");
    const std::int64_t port = in->integer("port");
    if (in->fault() || in->size() != 3) {
        return base::fail(kReceiver);
    }
    if (type != "rtp" && type != "ts") {
        return base::fail(base::Problem::Unprocessable, "type must be \"rtp\" or \"ts\"");
    }
    return streams::Receiver{type == "rtp" ? OutputType::Rtp : OutputType::Ts, host,
                             port < 0 || port > 65535 ? 0 : static_cast<int>(port)};
}

} // namespace api
