#include "tests/support/publisher/media.h"

#include "pipelines/base/unique.h"

#include <algorithm>
#include <gst/app/gstappsink.h>

namespace publisher {
namespace {

using base::Object;
using base::Problem;

std::string asText(const GstCaps* caps) {
    return base::UniqueString(gst_caps_to_string(caps)).get();
}

base::Nanoseconds timeOf(const GstSample* sample) {
    // Frames without reordering: decode order is the order of presentation.
    return base::Nanoseconds(GST_BUFFER_PTS(gst_sample_get_buffer(const_cast<GstSample*>(sample))));
}

/// Takes what a sink has collected; its caps as text.
std::string drain(GstAppSink* sink, bool video, std::vector<AccessUnit>& into) {
    std::string caps;
    for (;;) {
        g_autoptr(GstSample) sample = gst_app_sink_pull_sample(sink);
        if (!sample) {
            return caps;
        }
        caps = asText(gst_sample_get_caps(sample));
        if (!GST_BUFFER_PTS_IS_VALID(gst_sample_get_buffer(sample))) {
            continue; // stream headers, which are in the caps too
        }
        into.push_back({video, timeOf(sample),
                        std::unique_ptr<GstBuffer, BufferUnref>(
                            gst_buffer_ref(gst_sample_get_buffer(sample)))});
    }
}

/// demux ! parse ! appsink, unpaced; a parser only where the payloader needs one.
std::string description(const std::string& file, VideoCodec codec, bool withAudio) {
    const bool ts = file.ends_with(".ts");
    const char* demuxer = ts ? "tsdemux" : file.ends_with(".mp4") ? "qtdemux" : "matroskademux";
    std::string line = "filesrc name=file ! " + std::string(demuxer) + " name=demux ";
    line += std::string(ts ? "demux." : "demux.video_0") +
            " ! queue max-size-buffers=0 max-size-bytes=0 max-size-time=0 ! ";
    line += codec == VideoCodec::H264 ? "h264parse config-interval=-1 ! "
                                        "video/x-h264,stream-format=byte-stream,alignment=au ! "
                                      : "";
    line += "appsink name=video sync=false ";
    if (withAudio) {
        line += "demux.audio_0 ! queue max-size-buffers=0 max-size-bytes=0 max-size-time=0 ! "
                "opusparse ! "
                "appsink name=audio sync=false";
    }
    return line;
}

base::Result<Media> load(const std::string& file, VideoCodec codec, bool withAudio) {
    base::ErrorOut error;
    auto pipeline = Object<GstElement>::sink(
        gst_parse_launch(description(file, codec, withAudio).c_str(), error));
    if (!pipeline || error) {
        return base::fail(Problem::Internal, error.message());
    }
    auto named = [&](const char* name) {
        return Object<GstElement>::adopt(gst_bin_get_by_name(GST_BIN(pipeline.get()), name));
    };
    g_object_set(named("file").get(), "location", file.c_str(), nullptr);
    gst_element_set_state(pipeline.get(), GST_STATE_PLAYING);

    Media media;
    media.codec = codec;
    media.videoCaps = drain(GST_APP_SINK(named("video").get()), true, media.units);
    if (withAudio) {
        media.audioCaps = drain(GST_APP_SINK(named("audio").get()), false, media.units);
        media.hasAudio = !media.audioCaps.empty();
    }
    gst_element_set_state(pipeline.get(), GST_STATE_NULL);
    return media;
}

} // namespace

base::Result<Media> loadMedia(const std::string& file, bool withAudio) {
    if (!g_file_test(file.c_str(), G_FILE_TEST_IS_REGULAR)) {
        return base::fail(Problem::NotFound, "no such file: " + file);
    }
    // The first look says which codec it is: one that is not H.264 gives h264parse nothing to link
    // to.
    auto media = load(file, VideoCodec::Vp8, withAudio);
    if (media && media->videoCaps.starts_with("video/x-h264")) {
        media = load(file, VideoCodec::H264, withAudio);
    }
    if (!media) {
        return media;
    }
    if (media->codec == VideoCodec::Vp8 && !media->videoCaps.starts_with("video/x-vp8")) {
        return base::fail(Problem::Unprocessable,
                          file + " holds neither VP8 nor H.264 but: " + media->videoCaps);
    }
    auto& units = media->units;
    std::ranges::stable_sort(units, {}, &AccessUnit::at);
    const base::Nanoseconds first = units.front().at;
    for (AccessUnit& unit : units) {
        unit.at -= first;
    }
    // The last picture lasts as long as the others, so that a loop has no step in it.
    const auto pictures = std::ranges::count_if(units, &AccessUnit::video);
    const auto last = std::ranges::find_if(units.rbegin(), units.rend(), &AccessUnit::video);
    media->duration = pictures > 1 ? last->at * pictures / (pictures - 1) : units.back().at;
    return media;
}

} // namespace publisher
