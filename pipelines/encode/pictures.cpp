#include "pipelines/encode/pictures.h"

#include <gst/app/gstappsink.h>
#include <gst/app/gstappsrc.h>

namespace encode {

using base::Result;
using gst::Ref;

namespace {

using OnPicture = std::function<void(Picture)>;

/// Some 270 ms, and 11 MB at 720p.
constexpr std::uint64_t kMostWaiting = 8;

void give(GstSample* sample, const OnPicture& onPicture) {
    auto buffer = Ref<GstBuffer>::retain(gst_sample_get_buffer(sample));
    const GstClockTime running = gst_segment_to_running_time(
        gst_sample_get_segment(sample), GST_FORMAT_TIME, GST_BUFFER_PTS(buffer.get()));
    if (!GST_CLOCK_TIME_IS_VALID(running)) {
        return;
    }
    if (running != GST_BUFFER_PTS(buffer.get())) {
        buffer = Ref<GstBuffer>::adopt(gst_buffer_copy(buffer.get())); // shares the pixels
        GST_BUFFER_PTS(buffer.get()) = running;
    }
    onPicture({std::move(buffer), Ref<GstCaps>::retain(gst_sample_get_caps(sample))});
}

GstFlowReturn onNewSample(GstAppSink* appsink, gpointer data) noexcept {
    const auto sample = Ref<GstSample>::adopt(gst_app_sink_pull_sample(appsink));
    if (sample) {
        give(sample.get(), *static_cast<OnPicture*>(data));
    }
    return GST_FLOW_OK;
}

} // namespace

Result<Ref<GstElement>> makePictureSink(OnPicture onPicture) {
    auto sink = gst::makeElement(
        "appsink",
        {{"sync", false}, {"async", false}, {"enable-last-sample", false}, {"max-buffers", 2U}});
    if (sink) {
        GstAppSinkCallbacks callbacks{};
        callbacks.new_sample = onNewSample;
        gst_app_sink_set_callbacks(
            GST_APP_SINK(sink->get()), &callbacks, new OnPicture(std::move(onPicture)),
            [](gpointer owned) noexcept { delete static_cast<OnPicture*>(owned); });
    }
    return sink;
}

/// appsrc leaky-type=downstream ! next
Result<PictureSource> PictureSource::add(GstBin* pipeline, GstElement* next) {
    auto source = gst::makeElement("appsrc", {{"format", "time"},
                                              {"is-live", true},
                                              {"leaky-type", "downstream"},
                                              {"max-buffers", kMostWaiting},
                                              {"max-bytes", std::uint64_t{0}},
                                              {"max-time", std::uint64_t{0}}});
    if (!source) {
        return base::fail(source.error());
    }
    if (!gst_bin_add(pipeline, source->get()) || !gst_element_link(source->get(), next)) {
        return base::fail(base::Problem::Internal, "cannot link the source of pictures");
    }
    return PictureSource(std::move(*source));
}

void PictureSource::push(Picture picture) {
    if (!caps_ || !gst_caps_is_equal(caps_.get(), picture.caps.get())) {
        caps_ = picture.caps;
        gst_app_src_set_caps(GST_APP_SRC(source_.get()), caps_.get());
    }
    gst_app_src_push_buffer(GST_APP_SRC(source_.get()), picture.data.release());
}

} // namespace encode
