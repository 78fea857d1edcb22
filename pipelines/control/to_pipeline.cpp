#include "pipelines/control/to_pipeline.h"

#include "pipelines/control/read_message.h"

#include <array>

namespace control {

namespace {

constexpr int kHighestPort = 65535;

struct Writer {
    std::string operator()(const Publish& m) const {
        return message("publish")
            .put("session", m.session)
            .put("stream", m.stream)
            .put("take", m.take)
            .put("offer", m.offer)
            .put("loopback", m.loopback)
            .put("replaces", m.replaces)
            .object("video")
            .put("min-height", m.video.minHeight)
            .put("frame-rate", m.video.frameRate)
            .put("preset", m.video.preset)
            .put("bitrate", m.video.bitrate.bitsPerSecond)
            .put("gop-ms", m.video.gop.count())
            .end()
            .object("audio")
            .put("bitrate", m.audio.bitrate.bitsPerSecond)
            .end()
            .object("ice")
            .put("first-port", m.ice.firstPort)
            .put("last-port", m.ice.lastPort)
            .put("interfaces", m.ice.interfaces)
            .put("ipv6", m.ice.ipv6)
            .put("public-address", m.ice.publicAddress)
            .put("media-address", m.ice.mediaAddress)
            .put("media-alias", m.ice.mediaAlias)
            .put("relays", m.ice.relays)
            .end()
            .finish();
    }
    std::string operator()(const Candidate& m) const {
        return message("candidate")
            .put("session", m.session)
            .put("media-line", m.mediaLine)
            .put("candidate", m.candidate)
            .finish();
    }
    std::string operator()(const Unpublish& m) const {
        return message("unpublish").put("session", m.session).finish();
    }
    std::string operator()(const OutputAdd& m) const {
        json::Writer writer = message("output-add");
        writer.put("output", m.output);
        std::visit([&writer](const auto& kind) { putKind(writer, kind); }, m.kind);
        return writer.finish();
    }
    std::string operator()(const OutputRemove& m) const {
        return message("output-remove").put("output", m.output).finish();
    }
    std::string operator()(const KeyFrame&) const { return message("keyframe").finish(); }
    std::string operator()(const Stop&) const { return message("stop").finish(); }

    static void putKind(json::Writer& writer, const RtpOutput& kind) {
        writer.put("kind", "rtp")
            .put("host", kind.host)
            .put("video-port", kind.videoPort)
            .put("audio-port", kind.audioPort)
            .put("ttl", kind.ttl)
            .put("interface", kind.interface)
            .put("mtu", kind.mtu);
    }
    static void putKind(json::Writer& writer, const TsOutput& kind) {
        writer.put("kind", "ts")
            .put("host", kind.host)
            .put("port", kind.port)
            .put("ttl", kind.ttl)
            .put("interface", kind.interface);
    }
    static void putKind(json::Writer& writer, const HlsOutput& kind) {
        writer.put("kind", "hls")
            .put("directory", kind.directory)
            .put("segment-ms", kind.segmentDuration.count());
    }
    static void putKind(json::Writer& writer, const Mp4Output& kind) {
        writer.put("kind", "mp4").put("path", kind.path).put("minimum-free", kind.minimumFree);
    }
};

IceSettings readIce(json::Reader in) {
    IceSettings ice;
    ice.firstPort = static_cast<int>(in.integerOr("first-port", 0, 0, kHighestPort));
    ice.lastPort =
        static_cast<int>(in.integerOr("last-port", ice.firstPort, ice.firstPort, kHighestPort));
    ice.interfaces = in.textsOrNone("interfaces");
    ice.ipv6 = in.flagOr("ipv6", ice.ipv6);
    ice.publicAddress = in.textOr("public-address", "");
    ice.mediaAddress = in.textOr("media-address", "");
    ice.mediaAlias = in.textOr("media-alias", "");
    ice.relays = in.textsOrNone("relays");
    return ice;
}

ToPipeline readPublish(json::Reader& in) {
    Publish m;
    m.session = in.text("session");
    m.stream = in.text("stream");
    m.take = in.integerOr("take", 0, 0, INT32_MAX);
    m.offer = in.text("offer");
    m.loopback = in.flagOr("loopback", false);
    m.replaces = in.textOr("replaces", "");
    if (in.has("video")) {
        json::Reader video = in.object("video");
        m.video.minHeight =
            static_cast<int>(video.integerOr("min-height", m.video.minHeight, 16, 4320));
        m.video.frameRate =
            static_cast<int>(video.integerOr("frame-rate", m.video.frameRate, 1, 120));
        m.video.preset = video.textOr("preset", m.video.preset);
        m.video.bitrate.bitsPerSecond =
            video.integerOr("bitrate", m.video.bitrate.bitsPerSecond, 10'000, 200'000'000);
        m.video.gop =
            base::Milliseconds(video.integerOr("gop-ms", m.video.gop.count(), 100, 10'000));
    }
    if (in.has("audio")) {
        m.audio.bitrate.bitsPerSecond =
            in.object("audio").integerOr("bitrate", m.audio.bitrate.bitsPerSecond, 8'000, 512'000);
    }
    if (in.has("ice")) {
        m.ice = readIce(in.object("ice"));
    }
    return m;
}

ToPipeline readCandidate(json::Reader& in) {
    return Candidate{in.text("session"), static_cast<int>(in.integer("media-line", 0, 63)),
                     in.text("candidate")};
}

ToPipeline readUnpublish(json::Reader& in) {
    return Unpublish{in.text("session")};
}

int port(json::Reader& in, const char* name) {
    return static_cast<int>(in.integer(name, 1, kHighestPort));
}

ToPipeline readOutputAdd(json::Reader& in) {
    OutputAdd m;
    m.output = in.text("output");
    const std::string kind = in.text("kind");
    const auto ttl = [&in] { return static_cast<int>(in.integerOr("ttl", 1, 0, 255)); };
    if (kind == "rtp") {
        m.kind = RtpOutput{in.text("host"),
                           port(in, "video-port"),
                           port(in, "audio-port"),
                           ttl(),
                           in.textOr("interface", ""),
                           static_cast<int>(in.integerOr("mtu", 1200, 576, 9000))};
    } else if (kind == "ts") {
        m.kind = TsOutput{in.text("host"), port(in, "port"), ttl(), in.textOr("interface", "")};
    } else if (kind == "hls") {
        m.kind = HlsOutput{in.text("directory"),
                           base::Milliseconds(in.integerOr("segment-ms", 2000, 500, 60'000))};
    } else if (kind == "mp4") {
        m.kind = Mp4Output{in.text("path"), in.integerOr("minimum-free", 0, 0, INT64_MAX)};
    } else {
        in.reject("kind must be rtp, ts, hls or mp4");
    }
    return m;
}

ToPipeline readOutputRemove(json::Reader& in) {
    return OutputRemove{in.text("output")};
}

constexpr std::array kTypes{
    MessageType<ToPipeline>{"publish", readPublish},
    MessageType<ToPipeline>{"candidate", readCandidate},
    MessageType<ToPipeline>{"unpublish", readUnpublish},
    MessageType<ToPipeline>{"output-add", readOutputAdd},
    MessageType<ToPipeline>{"output-remove", readOutputRemove},
    MessageType<ToPipeline>{"keyframe", [](json::Reader&) -> ToPipeline { return KeyFrame{}; }},
    MessageType<ToPipeline>{"stop", [](json::Reader&) -> ToPipeline { return Stop{}; }},
};

} // namespace

std::string print(const ToPipeline& message) {
    return std::visit(Writer{}, message);
}

base::Result<ToPipeline> readToPipeline(std::string_view line) {
    return readMessage<ToPipeline>(line, kTypes);
}

} // namespace control
