#pragma once

#include "pipelines/encoding.h"
#include "pipelines/on_air.h"

#include <functional>
#include <memory>

/// One publisher's way to the encoders, open while it is on air. Owned by the publisher's pipeline;
/// called by its streaming threads, one of which brings the video and one the sound.
class Intake {
public:
    struct Listener {
        int number = 0; ///< of the publisher, for OnAir
        bool sendsSound = false;
        std::function<void()> onTakenOver; ///< on a streaming thread, under OnAir's lock
    };

    Intake(std::shared_ptr<OnAir> onAir, std::shared_ptr<Encoding> encoding, Listener publisher)
        : onAir_(std::move(onAir)), encoding_(std::move(encoding)),
          publisher_(std::move(publisher)) {}

    [[nodiscard]] bool passesThrough() const { return encoding_->codec() == sdp::Codec::h264; }

    /// Decoded.
    void picture(encode::Picture picture);
    /// H.264 that passes through.
    void format(const gst::Ref<GstCaps>& caps) { news_ = caps; }
    void unit(fanout::AccessUnit unit);
    void sound(base::Nanoseconds time, std::span<const std::int16_t> samples);

private:
    void begin(bool takesOver);

    const std::shared_ptr<OnAir> onAir_;
    const std::shared_ptr<Encoding> encoding_;
    const Listener publisher_;
    gst::Ref<GstCaps> news_; ///< not yet told to the encoding; the video's thread
};
