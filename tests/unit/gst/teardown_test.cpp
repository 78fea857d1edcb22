#include "pipelines/gst/teardown.h"

#include "pipelines/gst/element.h"
#include "tests/support/run_until.h"

#include <catch2/catch.hpp>
#include <condition_variable>
#include <mutex>
#include <optional>

using namespace std::chrono_literals;
using gst::Ref;

namespace {

/// fakesrc ! fakesink, whose thread stands still until it is released.
class Hanging {
public:
    Hanging() {
        pipeline_ = Ref<GstElement>::sink(gst_pipeline_new(nullptr));
        source_ = *gst::makeElement("fakesrc", {{"signal-handoffs", true}});
        const auto sink = *gst::makeElement("fakesink");
        REQUIRE(gst::addChain(GST_BIN(pipeline_.get()), {source_.get(), sink.get()}));
        handoff_ = gst::Connection::make<void, GstBuffer*, GstPad*>(
            source_.get(), "handoff", [this](GstBuffer*, GstPad*) {
                std::unique_lock lock(mutex_);
                hangs_ = true;
                changed_.wait(lock, [this] { return released_; });
            });
        gst_element_set_state(pipeline_.get(), GST_STATE_PLAYING);
        REQUIRE(support::runUntil([this] {
            const std::lock_guard lock(mutex_);
            return hangs_;
        }));
    }
    /// Gives it away.
    Ref<GstElement> take() { return std::exchange(pipeline_, nullptr); }
    void release() {
        const std::lock_guard lock(mutex_);
        released_ = true;
        changed_.notify_all();
    }

private:
    std::mutex mutex_;
    std::condition_variable changed_;
    bool hangs_ = false;
    bool released_ = false;
    Ref<GstElement> pipeline_;
    Ref<GstElement> source_;
    gst::Connection handoff_;
};

Ref<GstElement> ordinary() {
    auto pipeline = Ref<GstElement>::sink(gst_pipeline_new(nullptr));
    const auto source = *gst::makeElement("fakesrc");
    const auto sink = *gst::makeElement("fakesink");
    REQUIRE(gst::addChain(GST_BIN(pipeline.get()), {source.get(), sink.get()}));
    gst_element_set_state(pipeline.get(), GST_STATE_PLAYING);
    return pipeline;
}

struct Outcome {
    std::optional<bool> finished;
    std::function<void(bool)> done() {
        return [this](bool value) {
            REQUIRE_FALSE(finished.has_value());
            finished = value;
        };
    }
    bool isKnown() const {
        return support::runUntil([this] { return finished.has_value(); }, 5s);
    }
};

} // namespace

TEST_CASE(
    "one pipeline that hangs is abandoned, and those that waited behind it are brought down") {
    gst_init(nullptr, nullptr);
    Hanging hanging;
    Outcome first, second, third;
    gst::teardown(hanging.take(), 200ms, first.done());
    gst::teardown(ordinary(), 200ms, second.done());
    gst::teardown(ordinary(), 100ms, third.done()); // sooner than the one that hangs
    CHECK(first.isKnown());
    CHECK(second.isKnown());
    CHECK(third.isKnown());
    CHECK(first.finished == false);
    CHECK(second.finished == true);
    CHECK(third.finished == true);
    Outcome later;
    gst::teardown(ordinary(), 200ms, later.done());
    CHECK(later.isKnown());
    CHECK(later.finished == true);
    hanging.release();
}
