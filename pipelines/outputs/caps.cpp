#include "pipelines/outputs/caps.h"

#include "pipelines/gst/mapped.h"

namespace outputs {

using base::fail;
using base::Problem;

base::Result<AvMuxer::Audio> audioOf(const fanout::Format& format) {
    AvMuxer::Audio audio;
    const GstStructure* structure =
        format.audio ? gst_caps_get_structure(format.audio.get(), 0) : nullptr;
    const GValue* config =
        structure != nullptr ? gst_structure_get_value(structure, "codec_data") : nullptr;
    if (config == nullptr || !GST_VALUE_HOLDS_BUFFER(config) ||
        !gst_structure_get_int(structure, "rate", &audio.rate) ||
        !gst_structure_get_int(structure, "channels", &audio.channels)) {
        return fail(Problem::Internal, "the audio has no rate, channels or codec_data");
    }
    const gst::Mapped mapped(gst_value_get_buffer(config));
    audio.configuration.assign(mapped.bytes().begin(), mapped.bytes().end());
    if (audio.configuration.size() < 2 || audio.rate <= 0 || audio.channels <= 0) {
        return fail(Problem::Internal, "the audio's codec_data is no AudioSpecificConfig");
    }
    return audio;
}

base::PictureSize frameSizeOf(const fanout::Format& format) {
    base::PictureSize size;
    if (format.video) {
        const GstStructure* structure = gst_caps_get_structure(format.video.get(), 0);
        gst_structure_get_int(structure, "width", &size.width);
        gst_structure_get_int(structure, "height", &size.height);
    }
    return size;
}

base::Nanoseconds frameDurationOf(const fanout::Format& format) {
    int numerator = 0;
    int denominator = 0;
    if (format.video) {
        gst_structure_get_fraction(gst_caps_get_structure(format.video.get(), 0), "framerate",
                                   &numerator, &denominator);
    }
    if (numerator <= 0 || denominator <= 0) {
        numerator = 30;
        denominator = 1;
    }
    return base::Nanoseconds(GST_SECOND * static_cast<std::uint64_t>(denominator) /
                             static_cast<std::uint64_t>(numerator));
}

bool sameAudio(const fanout::Format& one, const fanout::Format& other) {
    return one.audio && other.audio && gst_caps_is_equal(one.audio.get(), other.audio.get());
}

bool sameParameters(const fanout::Format& one, const fanout::Format& other) {
    return frameSizeOf(one) == frameSizeOf(other) && sameAudio(one, other);
}

} // namespace outputs
