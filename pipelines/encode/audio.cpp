#include "pipelines/encode/audio.h"

#include "pipelines/encode/audio_timeline.h"

#include <array>
#include <gst/app/gstappsrc.h>

namespace encode {

using base::Nanoseconds;
using base::Result;
using gst::Ref;

namespace {

/// The AAC encoder delays audio by one block (its priming); the times are set back by as much.
constexpr Nanoseconds kPriming{std::int64_t{AudioTimeline::kBlock} * 1'000'000'000 /
                               AudioTimeline::kRate};
/// The encoder tells its format with its first output, which must be known before the first video
/// frame is there; these blocks of silence come out before any key frame and go nowhere.
constexpr int kFirstBlocks = 4;

} // namespace

/// appsrc ! audioconvert ! avenc_aac ! appsink
/// (aac-coder=fast would take half the time, but at 128 kbit/s it replaces what is above 6.4 kHz by
/// noise of the same level.)
Result<Ref<GstElement>> addAudioEncoder(GstBin* pipeline, const control::AudioSettings& settings,
                                        fanout::OnAccessUnit onUnit) {
    auto source = gst::buildChain(
        pipeline,
        {gst::makeElement("appsrc", {{"format", "time"},
                                     {"is-live", true},
                                     {"caps", gst::kPcmCaps},
                                     {"max-bytes", std::uint64_t{0}},
                                     {"max-time", std::uint64_t{0}}}),
         gst::makeElement("audioconvert"),
         gst::makeElement("avenc_aac",
                          {{"bitrate", static_cast<int>(settings.bitrate.bitsPerSecond)}}),
         fanout::makeAccessUnitSink(base::Media::Audio, std::move(onUnit), -kPriming)});
    if (!source) {
        return base::fail(source.error().within("audio encoder"));
    }
    constexpr std::array<std::int16_t,
                         std::size_t{AudioTimeline::kBlock} * AudioTimeline::kChannels>
        silence{};
    for (int i = 0; i < kFirstBlocks; ++i) {
        gst_app_src_push_buffer(GST_APP_SRC(source->get()),
                                audioBuffer(kPriming * i, silence).release());
    }
    return source;
}

Ref<GstBuffer> audioBuffer(Nanoseconds time, gst::AudioSamples samples) {
    auto buffer =
        Ref<GstBuffer>::adopt(gst_buffer_new_allocate(nullptr, samples.size_bytes(), nullptr));
    gst_buffer_fill(buffer.get(), 0, samples.data(), samples.size_bytes());
    GST_BUFFER_PTS(buffer.get()) = static_cast<GstClockTime>(time.count());
    GST_BUFFER_DURATION(buffer.get()) = static_cast<GstClockTime>(kPriming.count());
    return buffer;
}

} // namespace encode
