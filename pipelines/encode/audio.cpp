#include "pipelines/encode/audio.h"

#include "pipelines/encode/sound_input.h"

#include <gst/app/gstappsrc.h>

namespace encode {

using base::Milliseconds;
using base::Nanoseconds;
using base::Result;
using gst::Ref;

namespace {

/// The AAC encoder delays sound by one block (its priming); the times are set back by as much.
constexpr Nanoseconds kPriming{std::int64_t{AudioTimeline::kBlock} * 1'000'000'000 /
                               AudioTimeline::kRate};
/// Sound later than this is given up for silence: more than retransmission takes.
constexpr Milliseconds kPatience{400};
constexpr Milliseconds kFillInterval{50};

} // namespace

/// appsrc ! audioconvert ! avenc_aac ! appsink
Result<std::unique_ptr<AudioEncoder>>
AudioEncoder::add(GstBin* pipeline, const control::AudioSettings& settings, UnitHandlers handlers) {
    auto source = gst::makeElement("appsrc", {{"format", "time"},
                                              {"is-live", true},
                                              {"caps", kPcm},
                                              {"max-bytes", std::uint64_t{0}},
                                              {"max-time", std::uint64_t{0}}});
    auto convert = gst::makeElement("audioconvert");
    auto encoder = gst::makeElement(
        "avenc_aac", {{"bitrate", static_cast<int>(settings.bitrate.bitsPerSecond)}});
    auto sink = makeUnitSink(std::move(handlers), base::Media::Audio, -kPriming);
    for (auto* made : {&source, &convert, &encoder, &sink}) {
        if (!*made) {
            return base::fail(made->error());
        }
    }
    auto added =
        gst::addChain(pipeline, {source->get(), convert->get(), encoder->get(), sink->get()});
    if (!added) {
        return base::fail(added.error().within("audio encoder"));
    }
    std::unique_ptr<AudioEncoder> made(new AudioEncoder(pipeline, *source));
    made->prime();
    return made;
}

AudioEncoder::AudioEncoder(GstBin* pipeline, Ref<GstElement> source)
    : pipeline_(pipeline), source_(std::move(source)),
      timeline_([this](Nanoseconds time, std::vector<std::int16_t> samples) {
          push(time, std::move(samples));
      }) {
    filler_ = base::Timer::every(kFillInterval, [this] { fillSilence(); });
}

/// The encoder tells its format with its first output, which must be known before the first picture
/// is there; these blocks come out before any key frame and go nowhere.
void AudioEncoder::prime() {
    constexpr int blocks = 3;
    for (int i = 0; i < blocks; ++i) {
        push(kPriming * i, std::vector<std::int16_t>(
                               std::size_t{AudioTimeline::kBlock} * AudioTimeline::kChannels, 0));
    }
}

void AudioEncoder::put(Nanoseconds time, std::span<const std::int16_t> samples) {
    const std::lock_guard lock(mutex_);
    timeline_.put(time, samples);
}

void AudioEncoder::changeSource(bool sends) {
    const std::lock_guard lock(mutex_);
    timeline_.splice();
    patience_ = sends ? kPatience : Milliseconds(0);
}

void AudioEncoder::begin(Nanoseconds time) {
    const std::lock_guard lock(mutex_);
    timeline_.begin(time);
}

void AudioEncoder::fillSilence() {
    const auto clock = Ref<GstClock>::adopt(gst_element_get_clock(GST_ELEMENT(pipeline_)));
    if (!clock) {
        return; // not playing yet
    }
    const Nanoseconds now(gst_clock_get_time(clock.get()) -
                          gst_element_get_base_time(GST_ELEMENT(pipeline_)));
    const std::lock_guard lock(mutex_);
    timeline_.fill(now - patience_);
}

/// With the mutex held, on whatever thread completed the block; appsrc only queues it.
void AudioEncoder::push(Nanoseconds time, std::vector<std::int16_t> samples) {
    const std::size_t size = samples.size() * sizeof(std::int16_t);
    auto buffer = Ref<GstBuffer>::adopt(gst_buffer_new_allocate(nullptr, size, nullptr));
    gst_buffer_fill(buffer.get(), 0, samples.data(), size);
    GST_BUFFER_PTS(buffer.get()) = static_cast<GstClockTime>(time.count());
    GST_BUFFER_DURATION(buffer.get()) = static_cast<GstClockTime>(kPriming.count());
    gst_app_src_push_buffer(GST_APP_SRC(source_.get()), buffer.release());
}

} // namespace encode
