#include "running_pipeline.h"

#include "pipelines/base/unique.h"
#include "tests/support/run_until.h"

#include <catch2/catch.hpp>
#include <gst/app/gstappsrc.h>

using base::Nanoseconds;
using gst::Ref;

RunningPipeline::RunningPipeline() {
    gst_init(nullptr, nullptr);
    pipeline_ = Ref<GstElement>::sink(gst_pipeline_new(nullptr));
}

RunningPipeline::~RunningPipeline() {
    gst_element_set_state(pipeline_.get(), GST_STATE_NULL);
    source_ = nullptr;
    CHECK(GST_OBJECT_REFCOUNT_VALUE(pipeline_.get()) == 1);
}

fanout::OnAccessUnit RunningPipeline::collect() {
    return [this](fanout::AccessUnit unit, const Ref<GstCaps>& format) {
        const std::lock_guard lock(mutex_);
        units_.push_back(std::move(unit));
        std::string caps = base::UniqueString(gst_caps_to_string(format.get())).get();
        if (caps_.empty() || caps_.back() != caps) {
            caps_.push_back(std::move(caps));
        }
    };
}

void RunningPipeline::addSource(const std::string& caps, GstElement* next) {
    auto source = gst::makeElement(
        "appsrc", {{"format", "time"}, {"caps", caps}, {"max-bytes", std::uint64_t{0}}});
    REQUIRE(source.has_value());
    source_ = *source;
    REQUIRE(gst_bin_add(bin(), source_.get()));
    REQUIRE(gst_element_link(source_.get(), next));
}

void RunningPipeline::play() {
    REQUIRE(gst_element_set_state(pipeline_.get(), GST_STATE_PLAYING) != GST_STATE_CHANGE_FAILURE);
}

void RunningPipeline::setCaps(const std::string& caps) {
    const auto parsed = Ref<GstCaps>::adopt(gst_caps_from_string(caps.c_str()));
    gst_app_src_set_caps(GST_APP_SRC(source_.get()), parsed.get());
}

void RunningPipeline::push(Nanoseconds time, const std::vector<std::uint8_t>& bytes) {
    auto buffer = Ref<GstBuffer>::adopt(gst_buffer_new_allocate(nullptr, bytes.size(), nullptr));
    gst_buffer_fill(buffer.get(), 0, bytes.data(), bytes.size());
    GST_BUFFER_PTS(buffer.get()) = static_cast<GstClockTime>(time.count());
    REQUIRE(gst_app_src_push_buffer(GST_APP_SRC(source_.get()), buffer.release()) == GST_FLOW_OK);
}

void RunningPipeline::drain() {
    gst_app_src_end_of_stream(GST_APP_SRC(source_.get()));
    const auto bus = Ref<GstBus>::adopt(gst_pipeline_get_bus(GST_PIPELINE(pipeline_.get())));
    Ref<GstMessage> last;
    REQUIRE(support::runUntil(
        [&] {
            constexpr auto ends = static_cast<GstMessageType>(GST_MESSAGE_EOS | GST_MESSAGE_ERROR);
            last = Ref<GstMessage>::adopt(gst_bus_pop_filtered(bus.get(), ends));
            return static_cast<bool>(last);
        },
        std::chrono::seconds(60)));
    REQUIRE(GST_MESSAGE_TYPE(last.get()) == GST_MESSAGE_EOS);
}

Nanoseconds RunningPipeline::runningTime() const {
    const auto clock = Ref<GstClock>::adopt(gst_element_get_clock(pipeline_.get()));
    return clock ? Nanoseconds(gst_clock_get_time(clock.get()) -
                               gst_element_get_base_time(pipeline_.get()))
                 : Nanoseconds(0);
}

std::vector<fanout::AccessUnit> RunningPipeline::units() const {
    const std::lock_guard lock(mutex_);
    return units_;
}

std::vector<std::string> RunningPipeline::caps() const {
    const std::lock_guard lock(mutex_);
    return caps_;
}

std::vector<std::uint8_t> bytesOf(const fanout::AccessUnit& unit) {
    std::vector<std::uint8_t> bytes(gst_buffer_get_size(unit.data.get()));
    gst_buffer_extract(unit.data.get(), 0, bytes.data(), bytes.size());
    return bytes;
}
