#include "pipelines/outputs/output.h"

#include "pipelines/base/unique.h"
#include "pipelines/gst/teardown.h"
#include "tests/support/run_until.h"
#include "tests/unit/outputs/media.h"

#include <atomic>
#include <catch2/catch.hpp>
#include <condition_variable>
#include <gst/gsttracer.h>
#include <map>
#include <memory>
#include <mutex>

using namespace outputs;
using namespace test;
using namespace std::chrono_literals;

namespace {

/// All four outputs of a stream, fed and closed.
void roundTrip(const gst::Timebase& timebase) {
    fanout::Fanout fanout;
    Folder folder;
    const int port = freePorts();
    control::RtpOutput rtp;
    rtp.host = "127.0.0.1";
    rtp.videoPort = port;
    rtp.audioPort = port + 2;
    control::TsOutput ts;
    ts.host = "127.0.0.1";
    ts.port = port;
    control::Mp4Output mp4;
    mp4.path = folder / "a.mp4.part";
    std::vector<std::unique_ptr<Output>> all;
    all.push_back(std::move(*makeRtpOutput(rtp, timebase, noReporter())));
    all.push_back(std::move(*makeTsOutput(ts, timebase, noReporter())));
    all.push_back(std::move(*makeHlsOutput({folder.path(), 2s}, noReporter())));
    all.push_back(std::move(*makeMp4Output(mp4, noReporter())));
    for (const auto& output : all) {
        fanout.add(output->consumer());
    }
    pushAll(smallMedia(), fanout, 100s, 2s);
    for (auto& output : all) {
        close(std::move(output), fanout);
    }
}

/// What a checkpoint of the tracer lists: address to type.
std::map<std::string, std::string> listed(const GstStructure* checkpoint, const char* name) {
    std::map<std::string, std::string> objects;
    const GValue* list = gst_structure_get_value(checkpoint, name);
    for (guint i = 0; i < gst_value_list_get_size(list); ++i) {
        const GstStructure* object = gst_value_get_structure(gst_value_list_get_value(list, i));
        const base::UniqueString address(
            g_strdup_value_contents(gst_structure_get_value(object, "address")));
        objects[address.get()] = gst_structure_get_string(object, "type-name");
    }
    return objects;
}

/// The types of GStreamer objects made since the tracer was told to look, and still alive.
class LiveObjects {
public:
    explicit LiveObjects(GstTracer* tracer) : tracer_(tracer) {
        g_signal_emit_by_name(tracer_, "activity-start-tracking");
    }

    std::string types() {
        GstStructure* checkpoint = nullptr;
        g_signal_emit_by_name(tracer_, "activity-get-checkpoint", &checkpoint);
        const gst::UniqueStructure owner(checkpoint);
        alive_.merge(listed(checkpoint, "objects-created-list"));
        for (const auto& [address, type] : listed(checkpoint, "objects-removed-list")) {
            alive_.erase(address);
        }
        std::string text;
        for (const auto& [address, type] : alive_) {
            text += type + " ";
        }
        return text;
    }

private:
    GstTracer* tracer_;
    std::map<std::string, std::string> alive_;
};

} // namespace

// The child of the test below, which needs GST_TRACERS=leaks before GStreamer starts.
TEST_CASE("outputs leave nothing behind", "[.leaks]") {
    const gst::Timebase timebase = testTimebase();
    roundTrip(timebase);
    GList* tracers = gst_tracing_get_active_tracers();
    REQUIRE(tracers != nullptr);
    auto* tracer = GST_TRACER(tracers->data);
    LiveObjects objects(tracer);
    roundTrip(timebase);
    std::string live;
    CHECK(support::runUntil([&] { return (live = objects.types()).empty(); }, 5s));
    INFO(live);
    CHECK(live.empty());
    g_list_free_full(tracers, gst_object_unref);
}

TEST_CASE("no GStreamer object outlives its output") {
    const Run child =
        run("env GST_TRACERS=leaks " + std::filesystem::read_symlink("/proc/self/exe").string() +
            " 'outputs leave nothing behind'");
    INFO(child.output);
    CHECK(child.status == 0);
}

namespace {

/// Holds the thread of a source, and with it the state change to NULL, until it is let go. Shared
/// with that thread.
struct Hold {
    std::mutex mutex;
    std::condition_variable changed;
    bool holds = false;
    bool released = false;

    static GstPadProbeReturn onBuffer(GstPad*, GstPadProbeInfo*, gpointer data) noexcept {
        const auto self = *static_cast<std::shared_ptr<Hold>*>(data);
        std::unique_lock lock(self->mutex);
        self->holds = true;
        self->changed.notify_all();
        self->changed.wait(lock, [&self] { return self->released; });
        return GST_PAD_PROBE_OK;
    }
    static void free(gpointer data) noexcept { delete static_cast<std::shared_ptr<Hold>*>(data); }

    bool waitUntilHeld() {
        std::unique_lock lock(mutex);
        return changed.wait_for(lock, 10s, [this] { return holds; });
    }
    void release() {
        const std::lock_guard lock(mutex);
        released = true;
        changed.notify_all();
    }
};

gst::Ref<GstElement> parse(const char* text) {
    gst_init(nullptr, nullptr);
    return gst::Ref<GstElement>::sink(gst_parse_launch(text, nullptr));
}

} // namespace

TEST_CASE("a pipeline that hangs is given up, and others are brought down beside it") {
    const auto hold = std::make_shared<Hold>();
    auto hung = parse("fakesrc name=src ! fakesink");
    {
        const auto source =
            gst::Ref<GstElement>::adopt(gst_bin_get_by_name(GST_BIN(hung.get()), "src"));
        const auto pad = gst::Ref<GstPad>::adopt(gst_element_get_static_pad(source.get(), "src"));
        gst_pad_add_probe(pad.get(), GST_PAD_PROBE_TYPE_BUFFER, Hold::onBuffer,
                          new std::shared_ptr<Hold>(hold), Hold::free);
    }
    gst_element_set_state(hung.get(), GST_STATE_PLAYING);
    REQUIRE(hold->waitUntilHeld());
    auto other = parse("fakesrc is-live=true ! fakesink");
    gst_element_set_state(other.get(), GST_STATE_PLAYING);

    std::vector<std::string> told;
    gst::teardown(std::move(hung), 300ms,
                  [&](bool finished) { told.emplace_back(finished ? "first" : "first hangs"); });
    gst::teardown(std::move(other), 5s,
                  [&](bool finished) { told.emplace_back(finished ? "second" : "second hangs"); });
    CHECK(told.empty());
    REQUIRE(support::runUntil([&] { return told.size() == 2; }));
    CHECK(told == std::vector<std::string>{"first hangs", "second"});

    hold->release();
    auto last = parse("fakesrc ! fakesink");
    gst::teardown(std::move(last), 5s,
                  [&](bool finished) { told.emplace_back(finished ? "last" : ""); });
    REQUIRE(support::runUntil([&] { return told.size() == 3; }));
    CHECK(told.back() == "last");
}
