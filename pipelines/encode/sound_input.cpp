#include "pipelines/encode/sound_input.h"

#include "pipelines/gst/mapped.h"

#include <gst/app/gstappsink.h>

namespace encode {

using base::Nanoseconds;
using gst::Ref;

namespace {

void give(GstSample* sample, const OnSound& onSound) {
    GstBuffer* buffer = gst_sample_get_buffer(sample);
    const GstClockTime running = gst_segment_to_running_time(
        gst_sample_get_segment(sample), GST_FORMAT_TIME, GST_BUFFER_PTS(buffer));
    const gst::Mapped mapped(buffer);
    const auto bytes = mapped.bytes();
    if (GST_CLOCK_TIME_IS_VALID(running) && !bytes.empty()) {
        onSound(Nanoseconds(running),
                std::span(reinterpret_cast<const std::int16_t*>(bytes.data()), bytes.size() / 2));
    }
}

GstFlowReturn onNewSample(GstAppSink* appsink, gpointer data) noexcept {
    const auto sample = Ref<GstSample>::adopt(gst_app_sink_pull_sample(appsink));
    if (sample) {
        give(sample.get(), *static_cast<OnSound*>(data));
    }
    return GST_FLOW_OK;
}

} // namespace

/// audioconvert ! audioresample ! appsink
base::Result<Ref<GstElement>> addSoundInput(GstBin* pipeline, OnSound onSound) {
    auto convert = gst::makeElement("audioconvert");
    auto resample = gst::makeElement("audioresample");
    auto sink = gst::makeElement("appsink", {{"sync", false},
                                             {"async", false},
                                             {"enable-last-sample", false},
                                             {"max-buffers", 8U},
                                             {"caps", kPcm}});
    for (auto* made : {&convert, &resample, &sink}) {
        if (!*made) {
            return base::fail(made->error());
        }
    }
    GstAppSinkCallbacks callbacks{};
    callbacks.new_sample = onNewSample;
    gst_app_sink_set_callbacks(
        GST_APP_SINK(sink->get()), &callbacks, new OnSound(std::move(onSound)),
        [](gpointer owned) noexcept { delete static_cast<OnSound*>(owned); });
    auto added = gst::addChain(pipeline, {convert->get(), resample->get(), sink->get()});
    if (!added) {
        return base::fail(added.error().within("audio input"));
    }
    return *convert;
}

} // namespace encode
