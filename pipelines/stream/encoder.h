#pragma once

#include "pipelines/control/messages.h"
#include "pipelines/fanout/fanout.h"
#include "pipelines/gst/bus_watch.h"
#include "pipelines/gst/raw_media.h"
#include "pipelines/gst/timebase.h"
#include "pipelines/stream/encoded_stream.h"
#include "sdp/publish_offer.h"

#include <functional>
#include <memory>

namespace stream {

/// The encoders of a stream, in a pipeline of their own: from the switch to the fan-out, whoever
/// publishes. encode() and passOn() never block and are called by the switch, one at a time; the
/// rest is thread-bound.
class Encoder {
public:
    /// `codec`: of the video that publishers send. H.264 passes through. `onFailed` is called on
    /// the main thread.
    static base::Result<std::shared_ptr<Encoder>>
    start(const control::Publish& publish, sdp::Codec codec, const gst::Timebase& timebase,
          std::shared_ptr<fanout::Fanout> fanout, control::Send send,
          std::function<void(const base::Error&)> onFailed);
    Encoder(const Encoder&) = delete;
    Encoder& operator=(const Encoder&) = delete;

    /// When the encoder is too slow the oldest frames that wait are dropped.
    void encode(gst::VideoFrame frame);
    /// One AAC frame's worth of samples and the running time of the first.
    void encode(base::Nanoseconds time, gst::AudioSamples samples);
    /// H.264 that passes through.
    void passOn(fanout::AccessUnit unit, const gst::Ref<GstCaps>& format) {
        encoded_.video(std::move(unit), format);
    }

    /// Stops the pipeline on the teardown thread; called back within 3 s.
    void close(std::function<void()> onClosed);

    [[nodiscard]] sdp::Codec codec() const { return codec_; }
    [[nodiscard]] const EncodedStream& encoded() const { return encoded_; }

private:
    Encoder(const control::Publish& publish, sdp::Codec codec, const gst::Timebase& timebase,
            std::shared_ptr<fanout::Fanout> fanout, control::Send send);
    base::Result<void> build(const control::Publish& publish, const gst::Timebase& timebase,
                             std::function<void(const base::Error&)> onFailed);
    base::Result<void> addVideo(const control::VideoSettings& settings);

    const sdp::Codec codec_;
    EncodedStream encoded_;
    gst::Ref<GstElement> pipeline_;
    gst::Ref<GstElement> videoSource_; ///< empty when H.264 passes through
    gst::Ref<GstCaps> videoFormat_;    ///< what videoSource_ was told
    gst::Ref<GstElement> audioSource_;
    gst::BusWatch bus_;
};

} // namespace stream
