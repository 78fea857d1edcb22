#include "pipelines/outputs/hls_pipeline.h"

#include "pipelines/base/loop.h"
#include "pipelines/base/random.h"
#include "pipelines/base/unique.h"
#include "pipelines/gst/teardown.h"

#include <atomic>
#include <gio/gio.h>
#include <gst/app/gstappsrc.h>
#include <mutex>
#include <optional>
#include <sys/stat.h>
#include <unistd.h>

namespace outputs {

using base::fail;
using base::Nanoseconds;
using base::Problem;
using base::Result;
using gst::Ref;
using namespace std::chrono_literals;

namespace {

constexpr base::Milliseconds kTeardownDeadline = 2s;
constexpr GstClockTime kFinishDeadline = 2500 * GST_MSECOND;
/// What may wait in front of a slow disk, on top of the output's own queue.
constexpr guint64 kMostWaiting = 64 * 1024 * 1024;
/// On the frame after a cut, which looks like a key frame to splitmuxsink, but not to the muxer.
constexpr auto kNotReallyKey = GST_BUFFER_FLAG_MARKER;

/// hlssink2 formats its location like printf does.
std::string escaped(const std::string& path) {
    std::string text;
    for (const char c : path) {
        text += c == '%' ? "%%" : std::string(1, c);
    }
    return text;
}

GstPadProbeReturn restoreFlag(GstPad*, GstPadProbeInfo* info, gpointer) noexcept {
    GstBuffer* buffer = GST_PAD_PROBE_INFO_BUFFER(info);
    if (GST_BUFFER_FLAG_IS_SET(buffer, kNotReallyKey)) {
        buffer = gst_buffer_make_writable(buffer);
        GST_BUFFER_FLAG_UNSET(buffer, kNotReallyKey);
        GST_BUFFER_FLAG_SET(buffer, GST_BUFFER_FLAG_DELTA_UNIT);
        GST_PAD_PROBE_INFO_DATA(info) = buffer;
    }
    return GST_PAD_PROBE_OK;
}

} // namespace

/// What the pipeline's threads touch as well.
struct HlsPipeline::Shared {
    struct Begun {
        Nanoseconds start{};
        std::int64_t take = 0;
    };

    Shared(std::string where, Reporter to) : directory(std::move(where)), reporter(std::move(to)) {}

    const std::string directory;
    const Reporter reporter;
    const std::string prefix = base::randomHex(8);
    std::atomic<bool> reported = false; ///< a segment was

    std::mutex mutex;        ///< guards what follows
    std::deque<Begun> begun; ///< segments that are not complete
    std::int64_t completed = 0;
    Nanoseconds end{}; ///< of the last one
    std::optional<std::string> error;

    [[nodiscard]] std::string nameOf(std::int64_t number) const {
        return prefix + "-" + std::to_string(number) + ".ts";
    }
    void complete();
    void removeIncomplete();
    static GstBusSyncReply onMessage(GstBus*, GstMessage* message, gpointer self) noexcept;
};

/// Fragments close in the order in which they were begun.
void HlsPipeline::Shared::complete() {
    control::Segment segment;
    {
        const std::lock_guard lock(mutex);
        if (begun.empty()) {
            return;
        }
        const Begun first = begun.front();
        begun.pop_front();
        const Nanoseconds until = begun.empty() ? end : begun.front().start;
        segment = {{}, nameOf(completed++), first.start, until - first.start, 0, first.take};
    }
    struct stat info {};
    if (::stat((directory + "/" + segment.name).c_str(), &info) == 0) {
        segment.bytes = info.st_size;
        reporter.segment(std::move(segment));
        if (!reported.exchange(true)) {
            reporter.phase(control::OutputPhase::Running);
        }
    }
}

/// What was begun when something broke; nobody was told of it.
void HlsPipeline::Shared::removeIncomplete() {
    const std::lock_guard lock(mutex);
    for (std::size_t i = 0; i < begun.size(); ++i) {
        ::unlink((directory + "/" + nameOf(completed + static_cast<std::int64_t>(i))).c_str());
    }
}

/// Keeps only what finish() waits for: nobody reads the others, and they would pile up.
GstBusSyncReply HlsPipeline::Shared::onMessage(GstBus*, GstMessage* message,
                                               gpointer data) noexcept {
    auto* self = static_cast<std::shared_ptr<Shared>*>(data)->get();
    switch (GST_MESSAGE_TYPE(message)) {
    case GST_MESSAGE_EOS:
        return GST_BUS_PASS;
    case GST_MESSAGE_ERROR: {
        base::ErrorOut error;
        gst_message_parse_error(message, error, nullptr);
        const std::lock_guard lock(self->mutex);
        self->error = error.message();
        return GST_BUS_PASS;
    }
    case GST_MESSAGE_ELEMENT:
        if (gst_message_has_name(message, "splitmuxsink-fragment-closed")) {
            self->complete();
        }
        break;
    default:
        break;
    }
    const auto dropped = Ref<GstMessage>::adopt(message);
    return GST_BUS_DROP;
}

Result<std::unique_ptr<HlsPipeline>>
HlsPipeline::make(const std::string& directory, const fanout::Format& format, Reporter reporter) {
    std::unique_ptr<HlsPipeline> made(
        new HlsPipeline(std::make_shared<Shared>(directory, std::move(reporter))));
    if (auto built = made->build(format); !built) {
        return fail(built.error().within("HLS"));
    }
    return made;
}

HlsPipeline::HlsPipeline(std::shared_ptr<Shared> shared)
    : pipeline_(Ref<GstElement>::sink(gst_pipeline_new(nullptr))), shared_(std::move(shared)) {}

/// hlssink2 target-duration=0 max-files=0 send-keyframe-requests=false location=…-%d.ts
///   appsrc (H.264) ! .video   appsrc (AAC) ! .audio
Result<void> HlsPipeline::build(const fanout::Format& format) {
    auto sink = gst::makeElement(
        "hlssink2", {{"target-duration", 0U},
                     {"max-files", 0U},
                     {"playlist-length", 1U},
                     {"send-keyframe-requests", false},
                     {"location", escaped(shared_->directory) + "/" + shared_->prefix + "-%d.ts"}});
    if (!sink) {
        return fail(sink.error());
    }
    sink_ = *sink;
    splitter_ = gst::findByFactory(GST_BIN(sink_.get()), "splitmuxsink");
    if (!splitter_) {
        return fail(Problem::Internal, "hlssink2 has no splitmuxsink inside");
    }
    connectSignals();
    if (auto added = gst::addChain(GST_BIN(pipeline_.get()), {sink_.get()}); !added) {
        return added;
    }
    const auto audio = Ref<GstCaps>::adopt(gst_caps_copy(format.audio.get()));
    gst_caps_set_simple(audio.get(), "framed", G_TYPE_BOOLEAN, TRUE, nullptr);
    if (auto linked = linkSource("video", format.video.get(), video_); !linked) {
        return linked;
    }
    if (auto linked = linkSource("audio", audio.get(), audio_); !linked) {
        return linked;
    }
    if (gst_element_set_state(pipeline_.get(), GST_STATE_PLAYING) == GST_STATE_CHANGE_FAILURE) {
        return fail(Problem::Internal, "hlssink2 does not start");
    }
    return {};
}

Result<void> HlsPipeline::linkSource(const char* padName, GstCaps* caps, Ref<GstElement>& source) {
    auto made = gst::makeElement("appsrc", {{"format", "time"},
                                            {"is-live", false},
                                            {"max-bytes", std::uint64_t{0}},
                                            {"max-time", std::uint64_t{0}}});
    if (!made) {
        return fail(made.error());
    }
    source = *made;
    gst_app_src_set_caps(GST_APP_SRC(source.get()), caps);
    if (auto added = gst::addChain(GST_BIN(pipeline_.get()), {source.get()}); !added) {
        return added;
    }
    if (!gst_element_link_pads(source.get(), "src", sink_.get(), padName)) {
        return fail(Problem::Internal, std::string("hlssink2 does not take this ") + padName);
    }
    return {};
}

void HlsPipeline::connectSignals() {
    // The playlist is the gateway's: this one is written to memory and forgotten.
    connections_.push_back(gst::Connection::make<GOutputStream*, gchar*>(
        sink_.get(), "get-playlist-stream",
        [](gchar*) { return g_memory_output_stream_new_resizable(); }));
    connections_.push_back(gst::Connection::make<void, GstElement*>(
        splitter_.get(), "muxer-added", [](GstElement* muxer) {
            g_signal_connect(muxer, "pad-added",
                             G_CALLBACK(+[](GstElement*, GstPad* pad, gpointer) noexcept {
                                 if (GST_PAD_IS_SINK(pad)) {
                                     gst_pad_add_probe(pad, GST_PAD_PROBE_TYPE_BUFFER, restoreFlag,
                                                       nullptr, nullptr);
                                 }
                             }),
                             nullptr);
        }));
    const auto bus = Ref<GstBus>::adopt(gst_pipeline_get_bus(GST_PIPELINE(pipeline_.get())));
    gst_bus_set_sync_handler(
        bus.get(), Shared::onMessage, new std::shared_ptr<Shared>(shared_),
        [](gpointer data) noexcept { delete static_cast<std::shared_ptr<Shared>*>(data); });
}

HlsPipeline::~HlsPipeline() {
    base::post([pipeline = std::move(pipeline_), shared = shared_] {
        gst::teardown(pipeline, kTeardownDeadline, [shared](bool) { shared->removeIncomplete(); });
    });
}

/// splitmuxsink hands a GOP to the muxer when the next one begins, which would make each segment
/// late by a GOP. So the frame after a cut is marked as a key frame too: to splitmuxsink a GOP
/// begins with it.
void HlsPipeline::cut(Nanoseconds time, std::int64_t take) {
    {
        const std::lock_guard lock(shared_->mutex);
        shared_->begun.push_back({time, take});
    }
    if (!std::exchange(first_, false)) {
        g_signal_emit_by_name(splitter_.get(), "split-at-running-time",
                              static_cast<guint64>(time.count()));
    }
    afterCut_ = true;
}

Result<void> HlsPipeline::push(const fanout::AccessUnit& unit) {
    if (auto broken = fault(); !broken) {
        return broken;
    }
    const bool video = unit.media == fanout::Media::Video;
    auto buffer = Ref<GstBuffer>::adopt(gst_buffer_copy(unit.data.get())); // the bytes stay shared
    GST_BUFFER_PTS(buffer.get()) = static_cast<GstClockTime>(unit.time.count());
    GST_BUFFER_DTS(buffer.get()) = static_cast<GstClockTime>(unit.time.count());
    GST_BUFFER_DURATION(buffer.get()) = static_cast<GstClockTime>(unit.duration.count());
    if (video && !unit.keyFrame && std::exchange(afterCut_, false)) {
        GST_BUFFER_FLAG_UNSET(buffer.get(), GST_BUFFER_FLAG_DELTA_UNIT);
        GST_BUFFER_FLAG_SET(buffer.get(), kNotReallyKey);
    }
    GstAppSrc* source = GST_APP_SRC(video ? video_.get() : audio_.get());
    if (gst_app_src_get_current_level_bytes(source) > kMostWaiting) {
        return fail(Problem::Unavailable, "the disk does not keep up with the HLS segments");
    }
    gst_app_src_push_buffer(source, buffer.release());
    return {};
}

Result<void> HlsPipeline::fault() const {
    const std::lock_guard lock(shared_->mutex);
    if (shared_->error) {
        return fail(Problem::Internal,
                    "cannot write HLS segments to " + shared_->directory + ": " + *shared_->error);
    }
    return {};
}

Result<void> HlsPipeline::finish(Nanoseconds end) {
    {
        const std::lock_guard lock(shared_->mutex);
        shared_->end = end;
    }
    gst_app_src_end_of_stream(GST_APP_SRC(video_.get()));
    gst_app_src_end_of_stream(GST_APP_SRC(audio_.get()));
    const auto bus = Ref<GstBus>::adopt(gst_pipeline_get_bus(GST_PIPELINE(pipeline_.get())));
    const auto message = Ref<GstMessage>::adopt(gst_bus_timed_pop_filtered(
        bus.get(), kFinishDeadline,
        static_cast<GstMessageType>(GST_MESSAGE_EOS | GST_MESSAGE_ERROR)));
    if (!message) {
        return fail(Problem::Timeout, "the last HLS segment was not completed in time");
    }
    return fault();
}

} // namespace outputs
