#include "pipelines/encode/audio.h"

#include <cstring>
#include <gst/app/gstappsink.h>
#include <gst/app/gstappsrc.h>

namespace encode {

using base::Milliseconds;
using base::Nanoseconds;
using base::Result;
using gst::Ref;

namespace {

constexpr const char* kPcm = "audio/x-raw,format=S16LE,layout=interleaved,rate=48000,channels=2";
/// The AAC encoder delays sound by one block (its priming); the times are set back by as much.
constexpr Nanoseconds kPriming{std::int64_t{AudioTimeline::kBlock} * 1'000'000'000 / AudioTimeline::kRate};
/// Sound later than this is given up for silence: more than retransmission takes.
constexpr Milliseconds kPatience{400};
constexpr Milliseconds kFillInterval{50};

/// Runs on the streaming thread of the decoder.
void putSample(GstSample* sample, std::mutex& mutex, AudioTimeline& timeline) {
    GstBuffer* buffer = gst_sample_get_buffer(sample);
    const GstClockTime running = gst_segment_to_running_time(gst_sample_get_segment(sample),
                                                             GST_FORMAT_TIME, GST_BUFFER_PTS(buffer));
    GstMapInfo map;
    if (!GST_CLOCK_TIME_IS_VALID(running) || !gst_buffer_map(buffer, &map, GST_MAP_READ)) {
        return;
    }
    {
        const std::lock_guard lock(mutex);
        timeline.put(Nanoseconds(running),
                     std::span(reinterpret_cast<const std::int16_t*>(map.data), map.size / 2));
    }
    gst_buffer_unmap(buffer, &map);
}

} // namespace

/// appsrc ! audioconvert ! avenc_aac ! appsink
Result<std::unique_ptr<AudioEncoder>> AudioEncoder::add(GstBin* pipeline, const AudioConfig& config,
                                                        UnitHandlers handlers) {
    auto source = gst::makeElement("appsrc", {{"format", "time"},
                                              {"is-live", true},
                                              {"caps", kPcm},
                                              {"max-bytes", std::uint64_t{0}},
                                              {"max-time", std::uint64_t{0}}});
    auto convert = gst::makeElement("audioconvert");
    auto encoder = gst::makeElement("avenc_aac", {{"bitrate", static_cast<int>(config.bitrate.bitsPerSecond)}});
    auto sink = makeUnitSink(std::move(handlers), -kPriming);
    for (auto* made : {&source, &convert, &encoder, &sink}) {
        if (!*made) {
            return base::fail(made->error());
        }
    }
    auto added = gst::addChain(pipeline, {source->get(), convert->get(), encoder->get(), sink->get()});
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

/// audioconvert ! audioresample ! appsink
Result<Ref<GstElement>> AudioEncoder::addInput() {
    auto convert = gst::makeElement("audioconvert");
    auto resample = gst::makeElement("audioresample");
    auto sink = gst::makeElement("appsink", {{"sync", false},
                                             {"async", false},
                                             {"enable-last-sample", false},
                                             {"max-buffers", 8U},
                                             {"caps", kPcm}});
    for (auto* made : {&convert, &resample, &sink}) {
        if (!*made) {
            return base::fail(made->error());
        }
    }
    GstAppSinkCallbacks callbacks{};
    callbacks.new_sample = [](GstAppSink* appsink, gpointer self) noexcept {
        const auto sample = Ref<GstSample>::adopt(gst_app_sink_pull_sample(appsink));
        auto* encoder = static_cast<AudioEncoder*>(self);
        if (sample) {
            putSample(sample.get(), encoder->mutex_, encoder->timeline_);
        }
        return GST_FLOW_OK;
    };
    gst_app_sink_set_callbacks(GST_APP_SINK(sink->get()), &callbacks, this, nullptr);
    patience_ = kPatience;
    auto added = gst::addChain(pipeline_, {convert->get(), resample->get(), sink->get()});
    if (!added) {
        return base::fail(added.error().within("audio input"));
    }
    return *convert;
}

/// The encoder tells its format with its first output, which must be known before the first picture is
/// there; these blocks come out before any key frame and go nowhere.
void AudioEncoder::prime() {
    constexpr int blocks = 3;
    for (int i = 0; i < blocks; ++i) {
        push(kPriming * i, std::vector<std::int16_t>(
                               std::size_t{AudioTimeline::kBlock} * AudioTimeline::kChannels, 0));
    }
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
