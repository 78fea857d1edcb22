#include "tests/unit/outputs/media.h"

#include "tests/support/run_until.h"

#include <algorithm>
#include <arpa/inet.h>
#include <array>
#include <catch2/catch.hpp>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <memory>
#include <random>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

using namespace std::chrono_literals;

namespace test {

using base::Nanoseconds;

namespace {

gst::Ref<GstCaps> pull(GstElement* pipeline, const char* sinkName, fanout::Media kind,
                       std::vector<fanout::AccessUnit>& units) {
    const auto sink = gst::Ref<GstElement>::adopt(gst_bin_get_by_name(GST_BIN(pipeline), sinkName));
    gst::Ref<GstCaps> caps;
    while (true) {
        GstSample* pulled = nullptr;
        g_signal_emit_by_name(sink.get(), "pull-sample", &pulled);
        const auto sample = gst::Ref<GstSample>::adopt(pulled);
        if (!sample) {
            return caps;
        }
        caps = gst::Ref<GstCaps>::retain(gst_sample_get_caps(sample.get()));
        GstBuffer* buffer = gst_sample_get_buffer(sample.get());
        const auto time = static_cast<std::int64_t>(gst_segment_to_running_time(
            gst_sample_get_segment(sample.get()), GST_FORMAT_TIME, GST_BUFFER_PTS(buffer)));
        const bool key = !GST_BUFFER_FLAG_IS_SET(buffer, GST_BUFFER_FLAG_DELTA_UNIT);
        units.push_back({kind, gst::Ref<GstBuffer>::retain(buffer),
                         Nanoseconds(std::max<std::int64_t>(time, 0)),
                         Nanoseconds(GST_BUFFER_DURATION(buffer)),
                         kind == fanout::Media::Video && key, 1});
    }
}

Media encode(const std::string& size, int seconds) {
    gst_init(nullptr, nullptr);
    const std::string text =
        "videotestsrc pattern=ball num-buffers=" + std::to_string(seconds * 30) +
        " ! video/x-raw," + size +
        ",framerate=30/1,format=I420 ! x264enc speed-preset=ultrafast tune=zerolatency "
        "key-int-max=15 bitrate=1000"
        " ! h264parse config-interval=-1 ! video/x-h264,stream-format=byte-stream,alignment=au"
        " ! appsink name=v sync=false "
        "audiotestsrc wave=sine samplesperbuffer=1024 num-buffers=" +
        std::to_string(seconds * 48000 / 1024) +
        " ! audio/x-raw,rate=48000,channels=2 ! avenc_aac bitrate=128000 ! aacparse"
        " ! audio/mpeg,stream-format=raw ! appsink name=a sync=false";
    GError* error = nullptr;
    const auto pipeline = gst::Ref<GstElement>::sink(gst_parse_launch(text.c_str(), &error));
    REQUIRE(error == nullptr);
    gst_element_set_state(pipeline.get(), GST_STATE_PLAYING);
    Media made;
    made.length = std::chrono::seconds(seconds);
    made.format.video = pull(pipeline.get(), "v", fanout::Media::Video, made.units);
    made.format.audio = pull(pipeline.get(), "a", fanout::Media::Audio, made.units);
    gst_element_set_state(pipeline.get(), GST_STATE_NULL);
    std::stable_sort(made.units.begin(), made.units.end(),
                     [](const auto& a, const auto& b) { return a.time < b.time; });
    return made;
}

std::unique_ptr<Media>& large() {
    static std::unique_ptr<Media> media;
    return media;
}
std::unique_ptr<Media>& small() {
    static std::unique_ptr<Media> media;
    return media;
}

} // namespace

const Media& media() {
    if (!large()) {
        large() = std::make_unique<Media>(encode("width=640,height=360", 20));
    }
    return *large();
}

const Media& smallMedia() {
    if (!small()) {
        small() = std::make_unique<Media>(encode("width=320,height=180", 2));
    }
    return *small();
}

void dropMedia() {
    large().reset();
    small().reset();
}

Playback::Playback(const Media& media, fanout::Fanout& fanout, double speed, Nanoseconds start)
    : media_(media), fanout_(fanout), speed_(speed), start_(start), round_(start),
      timer_(base::Timer::every(5ms, [this] { push(); })) {
    fanout.setFormat(media.format);
}

void Playback::push() {
    const auto due = start_ + std::chrono::duration_cast<Nanoseconds>(
                                  (std::chrono::steady_clock::now() - began_) * speed_);
    while (media_.units[next_].time + round_ <= due) {
        fanout::AccessUnit unit = media_.units[next_];
        unit.time += round_;
        unit.take = take_;
        time_ = unit.time;
        fanout_.push(std::move(unit));
        if (++next_ == media_.units.size()) {
            next_ = 0;
            round_ += media_.length;
        }
    }
}

void pushAll(const Media& media, fanout::Fanout& fanout, Nanoseconds start, Nanoseconds length,
             std::int64_t take) {
    fanout.setFormat(media.format);
    for (fanout::AccessUnit unit : media.units) {
        if (unit.time >= length) {
            break;
        }
        unit.time += start;
        unit.take = take;
        fanout.push(std::move(unit));
    }
}

Folder::Folder() {
    std::string name = std::filesystem::temp_directory_path() / "spillway-test-XXXXXX";
    REQUIRE(::mkdtemp(name.data()) != nullptr);
    path_ = name;
}

Folder::~Folder() {
    std::error_code ignored;
    std::filesystem::remove_all(path_, ignored);
}

Run run(const std::string& command) {
    Run result;
    FILE* pipe = ::popen(("timeout 60 " + command).c_str(), "r");
    REQUIRE(pipe != nullptr);
    std::array<char, 4096> part{};
    while (const std::size_t got = std::fread(part.data(), 1, part.size(), pipe)) {
        result.output.append(part.data(), got);
    }
    const int status = ::pclose(pipe);
    result.status = WIFEXITED(status) ? WEXITSTATUS(status) : -1;
    return result;
}

Child::Child(std::vector<std::string> command) {
    std::vector<char*> arguments;
    for (std::string& argument : command) {
        arguments.push_back(argument.data());
    }
    arguments.push_back(nullptr);
    pid_ = ::fork();
    if (pid_ == 0) {
        ::execvp(arguments[0], arguments.data());
        ::_exit(127);
    }
}

Child::~Child() {
    if (!ended()) {
        ::kill(pid_, SIGKILL);
        ::waitpid(pid_, nullptr, 0);
    }
}

bool Child::ended() {
    int status = 0;
    if (!ended_ && ::waitpid(pid_, &status, WNOHANG) == pid_) {
        ended_ = true;
        status_ = WIFEXITED(status) ? WEXITSTATUS(status) : -1;
    }
    return ended_;
}

outputs::Reporter Told::reporter() {
    return {"output", [this](const control::FromPipeline& message) {
                if (const auto* state = std::get_if<control::OutputState>(&message)) {
                    CHECK(state->output == "output");
                    states.push_back(*state);
                } else if (const auto* segment = std::get_if<control::Segment>(&message)) {
                    CHECK(segment->output == "output");
                    segments.push_back(*segment);
                } else {
                    recordings.push_back(std::get<control::Recording>(message));
                    CHECK(recordings.back().output == "output");
                }
            }};
}

bool Told::has(control::OutputPhase phase) const {
    return std::any_of(states.begin(), states.end(),
                       [&](const auto& state) { return state.phase == phase; });
}

outputs::Reporter noReporter() {
    return {"output", nullptr};
}

void close(std::unique_ptr<outputs::Output> output, fanout::Fanout& fanout) {
    fanout.remove(output->consumer());
    bool closed = false;
    output->close([&closed] { closed = true; });
    CHECK_FALSE(closed); // never from inside the call
    REQUIRE(support::runUntil([&closed] { return closed; }, outputs::kCloseDeadline + 500ms));
}

gst::Timebase testTimebase() {
    gst_init(nullptr, nullptr);
    auto timebase = gst::Timebase::now();
    timebase.baseTime -= 100 * GST_SECOND;
    return timebase;
}

int freePorts() {
    static std::mt19937 random{std::random_device{}()};
    for (int attempt = 0; attempt < 100; ++attempt) {
        const int port = 22000 + 4 * static_cast<int>(random() % 5000);
        bool free = true;
        for (int offset = 0; offset < 4 && free; ++offset) {
            const int probe = ::socket(AF_INET, SOCK_DGRAM, 0);
            sockaddr_in address{};
            address.sin_family = AF_INET;
            address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
            address.sin_port = htons(static_cast<std::uint16_t>(port + offset));
            free = ::bind(probe, reinterpret_cast<sockaddr*>(&address), sizeof address) == 0;
            ::close(probe);
        }
        if (free) {
            return port;
        }
    }
    FAIL("no free ports");
    return 0;
}

} // namespace test
