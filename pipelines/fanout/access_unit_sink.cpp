#include "pipelines/fanout/access_unit_sink.h"

#include <algorithm>
#include <gst/app/gstappsink.h>

namespace fanout {

using base::Nanoseconds;

namespace {

constexpr Nanoseconds kSmallestStep = std::chrono::milliseconds(1);

/// What one appsink remembers; owned by its callbacks, used on its streaming thread only.
struct Sink {
    Media media;
    OnAccessUnit onUnit;
    Nanoseconds shift{};
    Nanoseconds last = -kSmallestStep;

    void take(GstSample* sample) {
        GstBuffer* buffer = gst_sample_get_buffer(sample);
        const GstClockTime running = gst_segment_to_running_time(
            gst_sample_get_segment(sample), GST_FORMAT_TIME, GST_BUFFER_PTS(buffer));
        if (!GST_CLOCK_TIME_IS_VALID(running) || Nanoseconds(running) + shift < Nanoseconds(0)) {
            return; // before the segment: nothing a player would ever show
        }
        // Synchronisation between the media may step a time back by some milliseconds.
        last = std::max(Nanoseconds(running) + shift, last + kSmallestStep);
        const GstClockTime duration = GST_BUFFER_DURATION(buffer);
        const bool keyFrame =
            media == Media::Video && !GST_BUFFER_FLAG_IS_SET(buffer, GST_BUFFER_FLAG_DELTA_UNIT);
        onUnit({media, gst::Ref<GstBuffer>::retain(buffer), last,
                Nanoseconds(GST_CLOCK_TIME_IS_VALID(duration) ? duration : 0), keyFrame},
               gst::Ref<GstCaps>::retain(gst_sample_get_caps(sample)));
    }
};

GstFlowReturn onNewSample(GstAppSink* appsink, gpointer data) noexcept {
    const auto sample = gst::Ref<GstSample>::adopt(gst_app_sink_pull_sample(appsink));
    if (sample) {
        static_cast<Sink*>(data)->take(sample.get());
    }
    return GST_FLOW_OK;
}

} // namespace

base::Result<gst::Ref<GstElement>> makeAccessUnitSink(Media media, OnAccessUnit onUnit,
                                                      Nanoseconds shift) {
    auto element = gst::makeElement(
        "appsink",
        {{"sync", false}, {"async", false}, {"enable-last-sample", false}, {"max-buffers", 8U}});
    if (element) {
        GstAppSinkCallbacks callbacks{};
        callbacks.new_sample = onNewSample;
        gst_app_sink_set_callbacks(GST_APP_SINK(element->get()), &callbacks,
                                   new Sink{media, std::move(onUnit), shift},
                                   [](gpointer sink) noexcept { delete static_cast<Sink*>(sink); });
    }
    return element;
}

} // namespace fanout
