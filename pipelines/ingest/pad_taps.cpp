#include "pipelines/ingest/pad_taps.h"

namespace ingest {

using gst::Ref;

Ref<GstPad> PadTaps::videoPad() {
    const std::lock_guard lock(mutex);
    return pads[0];
}

void PadTaps::link(GstPad* pad) {
    if (!GST_PAD_IS_SRC(pad)) {
        return;
    }
    MediaGate::install(gate, pad);
    const auto caps = Ref<GstCaps>::adopt(gst_pad_get_current_caps(pad));
    const char* media =
        caps ? gst_structure_get_string(gst_caps_get_structure(caps.get(), 0), "media") : nullptr;
    const bool video = g_strcmp0(media, "video") == 0;
    const Ref<GstElement>& input = video ? inputs.video : inputs.audio;
    {
        const std::lock_guard lock(mutex);
        Ref<GstPad>& known = pads[video ? 0 : 1];
        if (!input || known) {
            linkToNowhere(pad); // simulcast layers and the like
            return;
        }
        known = Ref<GstPad>::retain(pad);
    }
    const auto sink = Ref<GstPad>::adopt(gst_element_get_static_pad(input.get(), "sink"));
    gst_pad_link(pad, sink.get());
    onTrack(video ? sdp::MediaKind::video : sdp::MediaKind::audio);
}

/// A pad without a peer would end the whole transport with "not linked".
void PadTaps::linkToNowhere(GstPad* pad) {
    auto nowhere = gst::makeElement("fakesink", {{"sync", false}, {"async", false}});
    const auto pipeline =
        Ref<GstObject>::adopt(gst_object_get_parent(GST_OBJECT(inputs.video.get())));
    if (nowhere && pipeline && gst_bin_add(GST_BIN(pipeline.get()), nowhere->get())) {
        gst_element_sync_state_with_parent(nowhere->get());
        const auto sink = Ref<GstPad>::adopt(gst_element_get_static_pad(nowhere->get(), "sink"));
        gst_pad_link(pad, sink.get());
    }
}

} // namespace ingest
