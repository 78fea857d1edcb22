#pragma once

#include "pipelines/fanout/access_unit.h"

#include <string>

namespace test {

inline void initGStreamer() {
    gst_init(nullptr, nullptr);
}

inline fanout::AccessUnit unit(fanout::Media media, int milliseconds, bool keyFrame = false,
                               std::size_t size = 100) {
    initGStreamer();
    fanout::AccessUnit made;
    made.media = media;
    made.data = gst::Ref<GstBuffer>::adopt(gst_buffer_new_allocate(nullptr, size, nullptr));
    made.time = std::chrono::milliseconds(milliseconds);
    made.keyFrame = keyFrame;
    return made;
}
inline fanout::AccessUnit key(int milliseconds, std::size_t size = 100) {
    return unit(fanout::Media::Video, milliseconds, true, size);
}
inline fanout::AccessUnit picture(int milliseconds, std::size_t size = 100) {
    return unit(fanout::Media::Video, milliseconds, false, size);
}
inline fanout::AccessUnit sound(int milliseconds, std::size_t size = 100) {
    return unit(fanout::Media::Audio, milliseconds, false, size);
}

/// "K1000 v1033 a1021": key frame, picture, sound with their times.
inline std::string describe(const fanout::AccessUnit& unit) {
    const char* kind = unit.media == fanout::Media::Audio ? "a" : unit.keyFrame ? "K" : "v";
    return kind + std::to_string(unit.time / std::chrono::milliseconds(1));
}

inline fanout::Format format(int width = 1280) {
    initGStreamer();
    fanout::Format made;
    made.video = gst::Ref<GstCaps>::adopt(
        gst_caps_new_simple("video/x-h264", "width", G_TYPE_INT, width, nullptr));
    made.audio = gst::Ref<GstCaps>::adopt(gst_caps_new_empty_simple("audio/mpeg"));
    return made;
}

} // namespace test
