#pragma once

#include "pipelines/base/loop.h"
#include "pipelines/control/to_pipeline.h"
#include "pipelines/encode/audio_timeline.h"
#include "pipelines/encode/unit_sink.h"

#include <memory>
#include <mutex>
#include <span>

namespace encode {

/// The one AAC encoder of a stream: 48 kHz stereo without gaps, silence by the clock where a
/// publisher sends nothing (no microphone, muted, lost). Owned by the stream; begin(), put() and
/// changeSource() are thread-safe, the rest is thread-bound.
class AudioEncoder {
public:
    /// Adds the encoder to the pipeline.
    static base::Result<std::unique_ptr<AudioEncoder>>
    add(GstBin* pipeline, const control::AudioSettings& settings, UnitHandlers handlers);

    /// Decoded sound, as addSoundInput() hands it out.
    void put(base::Nanoseconds time, std::span<const std::int16_t> samples);
    /// What is put from now on comes from another publisher, who `sends` sound or has none.
    void changeSource(bool sends);
    /// The first picture's running time: sound begins with it.
    void begin(base::Nanoseconds time);
    /// No more silence by the clock.
    void stop() { filler_.stop(); }

private:
    explicit AudioEncoder(GstBin* pipeline, gst::Ref<GstElement> source);

    void prime();
    void push(base::Nanoseconds time, std::vector<std::int16_t> samples);
    void fillSilence();

    GstBin* pipeline_; ///< outlives this
    gst::Ref<GstElement> source_;
    std::mutex mutex_; ///< guards what follows, but for the timer
    AudioTimeline timeline_;
    base::Milliseconds patience_{
        0}; ///< how late sound may be; without a track there is none to wait for
    base::Timer filler_;
};

} // namespace encode
