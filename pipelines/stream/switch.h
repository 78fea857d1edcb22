#pragma once

#include "pipelines/encode/audio_timeline.h"
#include "pipelines/stream/encoder.h"

#include <functional>
#include <memory>
#include <mutex>
#include <optional>

namespace stream {

/// Stands between the sources of a stream, its publishers, and the encoder: all of them push into
/// it, and what the active one sends goes on. The next one takes over at a key frame, with video
/// and audio in one moment. The encoder's clocks never jump, whoever sends: video times increase,
/// and audio is one line without gaps that begins with the first video frame, with silence where
/// the source sends nothing. Thread-safe: the sources' streaming threads push, the main thread does
/// the rest; the one lock is held while a frame is handed to the encoder.
class Switch {
public:
    struct Source {
        int number = 0; ///< tells it from the others of the stream
        bool hasAudio = false;
    };

    /// `onSwitched` is called on a streaming thread, with the lock held, when the next source has
    /// taken over.
    Switch(Source first, std::shared_ptr<Encoder> encoder, std::function<void()> onSwitched);

    /// This one takes over with its first key frame, once its audio is there too when it has some.
    /// Replaces another one that was expected.
    void expect(Source next);
    /// It shall not take over any more; false when it is active already.
    [[nodiscard]] bool withdraw(int source);
    [[nodiscard]] int active() const;

    /// Decoded video.
    void push(int source, gst::VideoFrame frame);
    /// H.264 that is not encoded again.
    void push(int source, fanout::AccessUnit unit, const gst::Ref<GstCaps>& format);
    /// Decoded audio and the running time of its first sample.
    void push(int source, base::Nanoseconds time, gst::AudioSamples samples);
    /// To be called every some 10 ms: puts silence where audio is missing for too long.
    void fillSilence(base::Nanoseconds now);

private:
    struct Next {
        Source source;
        bool audioCame = false;
        std::optional<base::Nanoseconds> firstKeyFrame; ///< its running time
    };

    bool passes(int source, base::Nanoseconds time, bool keyFrame);

    const std::shared_ptr<Encoder> encoder_;
    const std::function<void()> onSwitched_;
    mutable std::mutex mutex_; ///< guards what follows
    Source active_;
    std::optional<Next> next_;
    encode::AudioTimeline audio_;
    base::Nanoseconds lastVideo_{-1};
};

} // namespace stream
