#include "pipelines/encode/unit_sink.h"

#include <gst/app/gstappsink.h>

namespace encode {

using base::Nanoseconds;

namespace {

constexpr Nanoseconds kSmallestStep = std::chrono::milliseconds(1);

/// What one appsink remembers; owned by its callbacks, used on its streaming thread only.
struct Sink {
    UnitHandlers handlers;
    base::Media media;
    Nanoseconds shift{};
    gst::Ref<GstCaps> caps;
    Nanoseconds last = -kSmallestStep;

    void take(GstSample* sample) {
        GstCaps* current = gst_sample_get_caps(sample);
        if (current != nullptr && current != caps.get()) {
            const bool same = caps && gst_caps_is_equal(current, caps.get());
            caps = gst::Ref<GstCaps>::retain(current);
            if (!same) {
                handlers.onCaps(caps);
            }
        }
        GstBuffer* buffer = gst_sample_get_buffer(sample);
        const GstClockTime running = gst_segment_to_running_time(
            gst_sample_get_segment(sample), GST_FORMAT_TIME, GST_BUFFER_PTS(buffer));
        if (!GST_CLOCK_TIME_IS_VALID(running)) {
            return; // before the segment: nothing a player would ever show
        }
        Nanoseconds time = Nanoseconds(running) + shift;
        if (time < Nanoseconds(0)) {
            return;
        }
        // Synchronisation between the media may step a time back by some milliseconds.
        time = std::max(time, last + kSmallestStep);
        last = time;
        const GstClockTime duration = GST_BUFFER_DURATION(buffer);
        const bool keyFrame = media == base::Media::Video &&
                              !GST_BUFFER_FLAG_IS_SET(buffer, GST_BUFFER_FLAG_DELTA_UNIT);
        handlers.onUnit({media, gst::Ref<GstBuffer>::retain(buffer), time,
                         Nanoseconds(GST_CLOCK_TIME_IS_VALID(duration) ? duration : 0), keyFrame});
    }
};

GstFlowReturn onNewSample(GstAppSink* appsink, gpointer data) noexcept {
    const auto sample = gst::Ref<GstSample>::adopt(gst_app_sink_pull_sample(appsink));
    if (sample) {
        static_cast<Sink*>(data)->take(sample.get());
    }
    return GST_FLOW_OK;
}

void freeSink(gpointer data) noexcept {
    delete static_cast<Sink*>(data);
}

} // namespace

base::Result<gst::Ref<GstElement>> makeUnitSink(UnitHandlers handlers, base::Media media,
                                                Nanoseconds shift) {
    auto element = gst::makeElement(
        "appsink",
        {{"sync", false}, {"async", false}, {"enable-last-sample", false}, {"max-buffers", 8U}});
    if (element) {
        GstAppSinkCallbacks callbacks{};
        callbacks.new_sample = onNewSample;
        gst_app_sink_set_callbacks(GST_APP_SINK(element->get()), &callbacks,
                                   new Sink{std::move(handlers), media, shift, {}}, freeSink);
    }
    return element;
}

} // namespace encode
