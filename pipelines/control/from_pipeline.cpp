#include "pipelines/control/from_pipeline.h"

#include "pipelines/control/read_message.h"

#include <array>

namespace control {

namespace {

/// The words of an enum, in the order of its values.
template <class E, std::size_t n>
struct Words {
    std::array<std::string_view, n> words;

    [[nodiscard]] std::string_view of(E value) const {
        return words[static_cast<std::size_t>(value)];
    }
    E read(json::Reader& in, const char* name) const {
        const std::string word = in.text(name);
        for (std::size_t i = 0; i < n; ++i) {
            if (words[i] == word) {
                return static_cast<E>(i);
            }
        }
        in.reject(std::string(name) + " is none of the known words");
        return E{};
    }
};

constexpr Words<Media, 2> kMedia{{"video", "audio"}};
constexpr Words<OutputPhase, 4> kOutputPhases{{"starting", "running", "failed", "stopped"}};
constexpr Words<RecordingPhase, 3> kRecordingPhases{{"recording", "stopped", "failed"}};

struct Writer {
    std::string operator()(const Ready& m) const {
        json::Writer writer = message("ready");
        writer.put("protocol", m.protocol).put("version", m.version).list("missing");
        for (const MissingElement& missing : m.missing) {
            writer.addObject()
                .put("element", missing.element)
                .put("package", missing.package)
                .end();
        }
        return writer.end().finish();
    }
    std::string operator()(const Answer& m) const {
        json::Writer writer = message("answer");
        writer.put("session", m.session);
        if (m.error) {
            writer.put("problem", base::nameOf(m.error->problem)).put("error", m.error->message);
        } else {
            writer.put("description", m.description);
        }
        return writer.finish();
    }
    std::string operator()(const Track& m) const {
        return message("track")
            .put("session", m.session)
            .put("media", kMedia.of(m.media))
            .put("codec", m.codec)
            .put("passthrough", m.passthrough)
            .finish();
    }
    std::string operator()(const Closed& m) const {
        return message("closed")
            .put("session", m.session)
            .put("problem", base::nameOf(m.problem))
            .put("reason", m.reason)
            .put("replaced-by", m.replacedBy)
            .finish();
    }
    std::string operator()(const Live& m) const {
        return message("state")
            .put("state", "live")
            .put("take", m.take)
            .put("origin", m.origin.time_since_epoch().count())
            .object("video")
            .put("width", m.video.size.width)
            .put("height", m.video.size.height)
            .put("frame-rate", m.video.frameRate)
            .put("sps", m.video.sps)
            .put("pps", m.video.pps)
            .end()
            .object("audio")
            .put("rate", m.audio.rate)
            .put("channels", m.audio.channels)
            .put("config", m.audio.config)
            .end()
            .finish();
    }
    std::string operator()(const OutputState& m) const {
        return message("output")
            .put("output", m.output)
            .put("state", kOutputPhases.of(m.phase))
            .put("message", m.message)
            .finish();
    }
    std::string operator()(const Segment& m) const {
        return message("segment")
            .put("output", m.output)
            .put("name", m.name)
            .put("start", m.start.count())
            .put("duration", m.duration.count())
            .put("bytes", m.bytes)
            .put("take", m.take)
            .finish();
    }
    std::string operator()(const Recording& m) const {
        return message("recording")
            .put("output", m.output)
            .put("state", kRecordingPhases.of(m.phase))
            .put("path", m.path)
            .put("duration", m.duration.count())
            .put("bytes", m.bytes)
            .put("problem", base::nameOf(m.problem))
            .put("message", m.message)
            .finish();
    }
    std::string operator()(const Stats& m) const {
        return message("stats")
            .put("running-time", m.runningTime.count())
            .put("received", m.received.bitsPerSecond)
            .put("encoded", m.encoded.bitsPerSecond)
            .put("frames", m.frames)
            .put("lost", m.lost)
            .put("dropped", m.dropped)
            .finish();
    }
};

base::Nanoseconds time(json::Reader& in, const char* name) {
    return base::Nanoseconds(in.integer(name, 0));
}

FromPipeline readReady(json::Reader& in) {
    Ready m{static_cast<int>(in.integer("protocol", 0, INT32_MAX)), in.text("version"), {}};
    in.eachObject("missing", [&m](json::Reader& entry) {
        m.missing.push_back({entry.text("element"), entry.text("package")});
    });
    return m;
}

FromPipeline readAnswer(json::Reader& in) {
    Answer m;
    m.session = in.text("session");
    if (in.has("error")) {
        m.error = base::Error{base::problemNamed(in.text("problem")), in.text("error")};
    } else {
        m.description = in.text("description");
    }
    return m;
}

FromPipeline readTrack(json::Reader& in) {
    return Track{in.text("session"), kMedia.read(in, "media"), in.text("codec"),
                 in.flagOr("passthrough", false)};
}

FromPipeline readClosed(json::Reader& in) {
    return Closed{in.text("session"), base::problemNamed(in.text("problem")), in.text("reason"),
                  in.textOr("replaced-by", "")};
}

FromPipeline readLive(json::Reader& in) {
    if (in.text("state") != "live") {
        in.reject("state must be live");
    }
    Live m;
    m.take = in.integer("take", 0);
    m.origin = base::WallTime(base::Nanoseconds(in.integer("origin")));
    json::Reader video = in.object("video");
    m.video = {{static_cast<int>(video.integer("width", 1, 16384)),
                static_cast<int>(video.integer("height", 1, 16384))},
               static_cast<int>(video.integer("frame-rate", 0, 1000)),
               video.text("sps"),
               video.text("pps")};
    json::Reader audio = in.object("audio");
    m.audio = {static_cast<int>(audio.integer("rate", 1, 768'000)),
               static_cast<int>(audio.integer("channels", 1, 8)), audio.text("config")};
    return m;
}

FromPipeline readOutput(json::Reader& in) {
    return OutputState{in.text("output"), kOutputPhases.read(in, "state"),
                       in.textOr("message", "")};
}

FromPipeline readSegment(json::Reader& in) {
    return Segment{in.text("output"),    in.text("name"),        time(in, "start"),
                   time(in, "duration"), in.integer("bytes", 0), in.integer("take", 0)};
}

FromPipeline readRecording(json::Reader& in) {
    return Recording{in.text("output"),       kRecordingPhases.read(in, "state"),
                     in.text("path"),         time(in, "duration"),
                     in.integer("bytes", 0),  base::problemNamed(in.textOr("problem", "")),
                     in.textOr("message", "")};
}

FromPipeline readStats(json::Reader& in) {
    return Stats{time(in, "running-time"),
                 base::Bitrate{in.integer("received", 0)},
                 base::Bitrate{in.integer("encoded", 0)},
                 in.integer("frames", 0),
                 in.integer("lost", 0),
                 in.integer("dropped", 0)};
}

constexpr std::array kTypes{
    MessageType<FromPipeline>{"ready", readReady},
    MessageType<FromPipeline>{"answer", readAnswer},
    MessageType<FromPipeline>{"track", readTrack},
    MessageType<FromPipeline>{"closed", readClosed},
    MessageType<FromPipeline>{"state", readLive},
    MessageType<FromPipeline>{"output", readOutput},
    MessageType<FromPipeline>{"segment", readSegment},
    MessageType<FromPipeline>{"recording", readRecording},
    MessageType<FromPipeline>{"stats", readStats},
};

} // namespace

std::string_view nameOf(OutputPhase phase) {
    return kOutputPhases.of(phase);
}

std::string print(const FromPipeline& message) {
    return std::visit(Writer{}, message);
}

base::Result<FromPipeline> readFromPipeline(std::string_view line) {
    return readMessage<FromPipeline>(line, kTypes);
}

} // namespace control
