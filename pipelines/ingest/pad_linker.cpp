#include "pipelines/ingest/pad_linker.h"

namespace ingest {

using gst::Ref;

void PadLinker::link(GstPad* pad) {
    if (!GST_PAD_IS_SRC(pad)) {
        return;
    }
    MediaGate::install(gate_, pad);
    const auto caps = Ref<GstCaps>::adopt(gst_pad_get_current_caps(pad));
    const char* media =
        caps ? gst_structure_get_string(gst_caps_get_structure(caps.get(), 0), "media") : nullptr;
    const bool video = g_strcmp0(media, "video") == 0;
    const Ref<GstElement>& track = video ? tracks_.video : tracks_.audio;
    {
        const std::lock_guard lock(mutex_);
        Ref<GstPad>& known = pads_[video ? 0 : 1];
        if (!track || known) {
            linkToNowhere(pad); // simulcast layers and the like
            return;
        }
        known = Ref<GstPad>::retain(pad);
    }
    const auto sink = Ref<GstPad>::adopt(gst_element_get_static_pad(track.get(), "sink"));
    gst_pad_link(pad, sink.get());
    onTrack_(video ? sdp::MediaKind::Video : sdp::MediaKind::Audio);
}

/// A pad without a peer would end the whole transport with "not linked".
void PadLinker::linkToNowhere(GstPad* pad) const {
    auto nowhere = gst::makeElement("fakesink", {{"sync", false}, {"async", false}});
    const auto pipeline =
        Ref<GstObject>::adopt(gst_object_get_parent(GST_OBJECT(tracks_.video.get())));
    if (nowhere && pipeline && gst_bin_add(GST_BIN(pipeline.get()), nowhere->get())) {
        gst_element_sync_state_with_parent(nowhere->get());
        const auto sink = Ref<GstPad>::adopt(gst_element_get_static_pad(nowhere->get(), "sink"));
        gst_pad_link(pad, sink.get());
    }
}

void PadLinker::addJitterBuffer(GstElement* jitterBuffer) {
    const std::lock_guard lock(mutex_);
    jitterBuffers_.push_back(Ref<GstElement>::retain(jitterBuffer));
}

Ref<GstPad> PadLinker::videoPad() const {
    const std::lock_guard lock(mutex_);
    return pads_[0];
}

std::int64_t PadLinker::lostPackets() const {
    const std::lock_guard lock(mutex_);
    std::int64_t lost = 0;
    for (const auto& jitterBuffer : jitterBuffers_) {
        GstStructure* stats = nullptr;
        g_object_get(jitterBuffer.get(), "stats", &stats, nullptr);
        const gst::UniqueStructure owner(stats);
        guint64 count = 0;
        if (stats != nullptr && gst_structure_get_uint64(stats, "num-lost", &count)) {
            lost += static_cast<std::int64_t>(count);
        }
    }
    return lost;
}

} // namespace ingest
