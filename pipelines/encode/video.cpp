#include "pipelines/encode/video.h"

#include "pipelines/encode/canvas.h"

#include <gst/video/video.h>

namespace encode {

using base::Result;
using gst::Ref;

namespace {

constexpr int kPixelsOneThreadEncodes = 1280 * 720 * 30; ///< a second
/// How much the encoder may save up for a hard frame: bounds the peak of an HLS segment.
constexpr unsigned kRateBufferMilliseconds = 1000;

/// Owned by the pad probe; streaming thread only.
struct CanvasSetter {
    Ref<GstElement> filter;
    Ref<GstElement> encoder;
    control::VideoSettings settings;
    bool fixed = false;

    void fix(const GstVideoInfo& info) {
        const double aspect = static_cast<double>(info.par_n) / info.par_d;
        const base::PictureSize canvas = canvasFor(
            {static_cast<int>(info.width * aspect + 0.5), info.height}, settings.minHeight);
        const std::string caps =
            "video/x-raw,format=I420,pixel-aspect-ratio=1/1,width=" + std::to_string(canvas.width) +
            ",height=" + std::to_string(canvas.height) +
            ",framerate=" + std::to_string(settings.frameRate) + "/1";
        gst_util_set_object_arg(G_OBJECT(filter.get()), "caps", caps.c_str());
        // Each further thread holds a frame back; one is enough up to 720p.
        const bool one =
            canvas.width * canvas.height * settings.frameRate <= kPixelsOneThreadEncodes;
        g_object_set(encoder.get(), "threads", one ? 1U : 2U, nullptr);
        fixed = true;
    }
};

GstPadProbeReturn onDecodedCaps(GstPad*, GstPadProbeInfo* info, gpointer data) noexcept {
    auto* setter = static_cast<CanvasSetter*>(data);
    GstEvent* event = GST_PAD_PROBE_INFO_EVENT(info);
    if (!setter->fixed && GST_EVENT_TYPE(event) == GST_EVENT_CAPS) {
        GstCaps* caps = nullptr;
        gst_event_parse_caps(event, &caps);
        GstVideoInfo video;
        if (gst_video_info_from_caps(&video, caps)) {
            setter->fix(video);
        }
    }
    return GST_PAD_PROBE_OK;
}

/// Counts frames in front of the encoder and asks it for key frames.
struct KeyFrameClock {
    std::int64_t frame = 0;
    std::int64_t framesPerGop = 30;
};

GstPadProbeReturn onFrame(GstPad* pad, GstPadProbeInfo*, gpointer data) noexcept {
    auto* clock = static_cast<KeyFrameClock*>(data);
    if (isKeyFrameDue(clock->frame++, clock->framesPerGop)) {
        gst_pad_send_event(
            pad, gst_video_event_new_downstream_force_key_unit(
                     GST_CLOCK_TIME_NONE, GST_CLOCK_TIME_NONE, GST_CLOCK_TIME_NONE, TRUE, 0));
    }
    return GST_PAD_PROBE_OK;
}

template <class T>
void addProbe(GstElement* element, const char* padName, GstPadProbeType type,
              GstPadProbeCallback callback, T* data) {
    const auto pad = Ref<GstPad>::adopt(gst_element_get_static_pad(element, padName));
    gst_pad_add_probe(pad.get(), type, callback, data,
                      [](gpointer owned) noexcept { delete static_cast<T*>(owned); });
}

/// x264enc speed-preset=… key-int-max=… bframes=0 rc-lookahead=0 …
Result<Ref<GstElement>> makeEncoder(const control::VideoSettings& settings, int framesPerGop) {
    return gst::makeElement("x264enc",
                            {{"speed-preset", settings.preset},
                             {"bitrate", static_cast<unsigned>(settings.bitrate.inKilobits())},
                             {"vbv-buf-capacity", kRateBufferMilliseconds},
                             {"key-int-max", static_cast<unsigned>(framesPerGop)},
                             {"bframes", 0U},
                             {"rc-lookahead", 0}, // each frame of lookahead is a frame of delay
                             {"sync-lookahead", 0},
                             {"mb-tree", false},
                             {"sliced-threads", false},
                             {"threads", 1U},
                             {"byte-stream", true},
                             {"aud", true},
                             {"option-string", "scenecut=0:open-gop=0"}});
}

} // namespace

bool isKeyFrameDue(std::int64_t frame, std::int64_t framesPerGop) {
    const std::int64_t half = std::max<std::int64_t>(1, framesPerGop / 2);
    return frame % framesPerGop == 0 || (frame < 2 * framesPerGop && frame % half == 0);
}

/// videoconvert ! videoscale add-borders=true ! videorate skip-to-first=true ! capsfilter ! x264enc
/// ! appsink
Result<Ref<GstElement>> addVideoEncoder(GstBin* pipeline, const control::VideoSettings& settings,
                                        fanout::OnAccessUnit onUnit) {
    const int framesPerGop =
        std::max(1, static_cast<int>(settings.frameRate * settings.gop.count() / 1000));
    auto convert = gst::makeElement("videoconvert");
    auto scale = gst::makeElement("videoscale", {{"add-borders", true}});
    auto rate = gst::makeElement("videorate", {{"skip-to-first", true}});
    auto filter = gst::makeElement("capsfilter");
    auto encoder = makeEncoder(settings, framesPerGop);
    auto sink = fanout::makeAccessUnitSink(base::Media::Video, std::move(onUnit));
    for (auto* made : {&convert, &scale, &rate, &filter, &encoder, &sink}) {
        if (!*made) {
            return base::fail(made->error());
        }
    }
    auto added = gst::addChain(pipeline, {convert->get(), scale->get(), rate->get(), filter->get(),
                                          encoder->get(), sink->get()});
    if (!added) {
        return base::fail(added.error().within("video encoder"));
    }
    addProbe(convert->get(), "sink", GST_PAD_PROBE_TYPE_EVENT_DOWNSTREAM, onDecodedCaps,
             new CanvasSetter{*filter, *encoder, settings});
    addProbe(encoder->get(), "sink", GST_PAD_PROBE_TYPE_BUFFER, onFrame,
             new KeyFrameClock{0, framesPerGop});
    return *convert;
}

} // namespace encode
