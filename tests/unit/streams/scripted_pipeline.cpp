/// Speaks the pipeline's side of the protocol without any media, and misbehaves on demand: at its
/// start as $SCRIPT says, later as the name of the stream says.
#include "pipelines/base/line_channel.h"
#include "pipelines/base/loop.h"
#include "pipelines/control/messages.h"

#include <csignal>
#include <cstdlib>
#include <fstream>
#include <glib.h>
#include <map>
#include <unistd.h>
#include <utility>

namespace {

using namespace std::chrono_literals;

/// Baseline 4.2c01f; what follows the first bytes does not matter here.
constexpr const char* kSps = "Z0LAH5ZUAoAtyA==";
constexpr const char* kPps = "aM48gA==";

class Script {
public:
    Script() {
        channel_ = base::LineChannel::open(base::UniqueFd(STDIN_FILENO), base::UniqueFd(),
                                           {[this](std::string_view line) { onLine(line); },
                                            [](const base::Error&) { ::_exit(0); }});
        const char* mode = std::getenv("SCRIPT");
        const std::string start = mode != nullptr ? mode : "";
        if (start == "dies") {
            ::_exit(3);
        }
        control::Ready ready{control::kProtocol, "1.22.0", {}};
        if (start == "missing") {
            ready.missing.push_back({"x264enc", "gstreamer1.0-plugins-ugly"});
        }
        say(ready);
        if (start != "mute") {
            beat_ = base::Timer::every(200ms, [this] { say(control::Stats{++beats_ * 200ms}); });
        }
    }

private:
    void say(const control::FromPipeline& message) { channel_->send(control::print(message)); }

    void onLine(std::string_view line) {
        const auto message = control::readToPipeline(line);
        if (message) {
            std::visit([this](const auto& kind) { on(kind); }, *message);
        }
    }

    /// The streams "picky" and "hesitant" take no other session, and "patient" waits for
    /// candidates.
    void replace(const control::Publish& message) {
        session_ = message.replaces;
        if (stream_ == "hesitant") {
            return;
        }
        if (stream_ == "picky") {
            say(control::Answer{message.session, "",
                                base::Error{base::Problem::Unprocessable, "no way"}});
            return;
        }
        say(control::Answer{message.session, message.offer + " answered", std::nullopt});
        if (stream_ != "patient") {
            takeOver(message.session);
        }
    }
    void takeOver(const std::string& session) {
        say(control::Track{session, control::Media::Video, "VP8", false});
        say(control::Track{session, control::Media::Audio, "Opus", false});
        say(control::Closed{std::exchange(session_, session), base::Problem::Conflict,
                            "another session took over", session});
    }

    void on(const control::Publish& message) {
        if (!message.replaces.empty()) {
            replace(message);
            return;
        }
        session_ = message.session;
        take_ = message.take;
        stream_ = message.stream;
        if (stream_ == "crash") {
            ::raise(SIGKILL);
        }
        if (stream_ == "slow") {
            return;
        }
        if (stream_ == "refused") {
            say(control::Answer{session_, "", base::Error{base::Problem::Unprocessable, "no way"}});
            return;
        }
        say(control::Answer{session_, message.offer + " answered", std::nullopt});
        if (stream_ == "garbage") {
            channel_->send("this is not JSON");
        } else if (stream_ == "mute") {
            beat_.stop();
        } else if (stream_ != "absent") {
            say(control::Track{session_, control::Media::Video, "VP8", false});
            control::Live live{take_,
                               {{1280, 720}, 30, kSps, kPps},
                               {48000, 2, "1190"},
                               std::chrono::system_clock::now()};
            live_ = base::Timer::once(20ms, [this, live] {
                say(live);
                isLive_ = true;
                if (hls_) {
                    segment();
                }
            });
        }
    }
    void on(const control::Candidate& message) {
        if (message.candidate == "die") {
            ::raise(SIGKILL);
        }
        if (message.candidate == "take over") {
            takeOver(message.session);
            return;
        }
        if (message.candidate == "resize" && recording_) {
            recording_->phase = control::RecordingPhase::Stopped;
            say(*std::exchange(recording_, std::nullopt));
            return;
        }
        say(control::Closed{
            message.session, base::Problem::PeerLost, "told: " + message.candidate, {}});
    }
    void on(const control::Unpublish& message) {
        say(control::Closed{message.session, base::Problem::PeerLost, "left", {}});
    }
    void on(const control::OutputAdd& message) {
        say(control::OutputState{message.output, control::OutputPhase::Running, ""});
        if (const auto* hls = std::get_if<control::HlsOutput>(&message.kind)) {
            hls_ = *hls;
            if (isLive_) {
                segment();
            }
        } else if (const auto* mp4 = std::get_if<control::Mp4Output>(&message.kind)) {
            std::ofstream(mp4->path) << "media";
            recording_ = control::Recording{message.output, control::RecordingPhase::Recording,
                                            mp4->path, 1s, 5};
            say(*recording_);
        }
    }
    void on(const control::OutputRemove& message) {
        say(control::OutputState{message.output, control::OutputPhase::Stopped, ""});
    }
    void on(const control::KeyFrame&) {}
    void on(const control::Stop&) {
        if (stream_ == "stubborn") {
            ::signal(SIGTERM, SIG_IGN);
            return;
        }
        if (hls_ && stream_ != "absent") {
            segment();
        }
        if (recording_) {
            recording_->phase = control::RecordingPhase::Stopped;
            say(*recording_);
        }
        end_ = base::Timer::once(10ms, [] { ::_exit(0); });
    }

    void segment() {
        const std::string name =
            "p" + std::to_string(::getpid()) + "-" + std::to_string(segments_++) + ".ts";
        std::ofstream(hls_->directory + "/" + name) << "segment";
        say(control::Segment{"hls", name, segments_ * 2s, 2s, 7, take_});
    }

    std::unique_ptr<base::LineChannel> channel_;
    base::Timer beat_, live_, end_;
    std::string session_, stream_;
    std::int64_t take_ = 0;
    int beats_ = 0;
    bool isLive_ = false;
    int segments_ = 0;
    std::optional<control::HlsOutput> hls_;
    std::optional<control::Recording> recording_;
};

} // namespace

int main() {
    const Script script;
    GMainLoop* loop = g_main_loop_new(nullptr, FALSE);
    g_main_loop_run(loop);
}
