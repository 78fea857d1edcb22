#include "pipelines/outputs/pad_pusher.h"

namespace outputs {

namespace {

/// Payloaders cut running time down to ticks of 1/90000 s; this makes them round it, so that
/// frames of a constant rate keep it.
constexpr base::Nanoseconds kHalfTick{1'000'000'000 / 90000 / 2};

} // namespace

base::Result<PadPusher> PadPusher::linkedTo(const gst::Ref<GstPad>& sink) {
    auto pad = gst::Ref<GstPad>::sink(gst_pad_new("src", GST_PAD_SRC));
    // The pad is in no bin, so there is no hierarchy to check.
    if (!sink ||
        gst_pad_link_full(pad.get(), sink.get(), GST_PAD_LINK_CHECK_NOTHING) != GST_PAD_LINK_OK ||
        !gst_pad_set_active(pad.get(), TRUE)) {
        return base::fail(base::Problem::Internal, "cannot link to the head of a pipeline");
    }
    return PadPusher(std::move(pad));
}

PadPusher::~PadPusher() {
    if (!pad_) {
        return;
    }
    gst_pad_set_active(pad_.get(), FALSE);
    if (const auto peer = gst::Ref<GstPad>::adopt(gst_pad_get_peer(pad_.get()))) {
        gst_pad_unlink(pad_.get(), peer.get());
    }
}

void PadPusher::setCaps(GstCaps* caps) {
    if (caps_ && gst_caps_is_equal(caps_.get(), caps)) {
        return;
    }
    const bool first = !caps_;
    caps_ = gst::Ref<GstCaps>::retain(caps);
    if (first) {
        gst_pad_push_event(pad_.get(), gst_event_new_stream_start("output"));
    }
    gst_pad_push_event(pad_.get(), gst_event_new_caps(caps));
    if (first) {
        GstSegment segment;
        gst_segment_init(&segment, GST_FORMAT_TIME);
        gst_pad_push_event(pad_.get(), gst_event_new_segment(&segment));
    }
}

GstFlowReturn PadPusher::push(gst::Ref<GstBuffer> buffer, base::Nanoseconds time,
                              base::Nanoseconds duration) {
    GstBuffer* stamped = gst_buffer_make_writable(buffer.release()); // the bytes stay shared
    GST_BUFFER_PTS(stamped) = static_cast<GstClockTime>((time + kHalfTick).count());
    GST_BUFFER_DTS(stamped) = GST_BUFFER_PTS(stamped);
    GST_BUFFER_DURATION(stamped) = static_cast<GstClockTime>(duration.count());
    return gst_pad_push(pad_.get(), stamped);
}

void PadPusher::end() {
    gst_pad_push_event(pad_.get(), gst_event_new_eos());
}

} // namespace outputs
