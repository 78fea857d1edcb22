#pragma once

#include "pipelines/control/messages.h"
#include "pipelines/encode/audio.h"
#include "pipelines/encode/pictures.h"
#include "pipelines/fanout/fanout.h"
#include "pipelines/gst/bus_watch.h"
#include "pipelines/gst/timebase.h"
#include "pipelines/program.h"
#include "sdp/publish_offer.h"

#include <functional>
#include <memory>
#include <optional>

/// The encoders of a stream, from what a publisher's pipeline makes to the fan-out, whoever
/// publishes: a pipeline of their own. Held by the publishers and by their streaming threads, which
/// call picture(), unit(), format(), sound() and changeSource(), one picture and one sound at a
/// time; the rest is thread-bound.
class Encoding {
public:
    /// All on the main thread.
    struct Events {
        std::function<void(control::Live)> onLive;
        std::function<void(const base::Error&)> onFailed;
    };

    /// `codec`: of the video that publishers send. H.264 passes through.
    static base::Result<std::shared_ptr<Encoding>>
    start(const control::Publish& publish, sdp::Codec codec, const gst::Timebase& timebase,
          std::shared_ptr<fanout::Fanout> fanout, Events events);
    Encoding(const Encoding&) = delete;
    Encoding& operator=(const Encoding&) = delete;
    ~Encoding();

    void picture(encode::Picture picture) { pictures_->push(std::move(picture)); }
    /// Of the units that follow.
    void format(const gst::Ref<GstCaps>& caps) { passing_.onCaps(caps); }
    void unit(fanout::AccessUnit unit) { passing_.onUnit(std::move(unit)); }
    void sound(base::Nanoseconds time, std::span<const std::int16_t> samples) {
        audio_->put(time, samples);
    }
    /// As encode::AudioEncoder.
    void changeSource(bool sendsSound) { audio_->changeSource(sendsSound); }

    /// Stops the pipeline on the teardown thread; called back within 3 s.
    void close(std::function<void()> onClosed);

    [[nodiscard]] sdp::Codec codec() const { return codec_; }
    [[nodiscard]] const Program& program() const { return program_; }

private:
    Encoding(const control::Publish& publish, sdp::Codec codec, const gst::Timebase& timebase,
             std::shared_ptr<fanout::Fanout> fanout, Events events);
    base::Result<void> build(const control::Publish& publish, const gst::Timebase& timebase);
    base::Result<void> addVideo(const control::VideoSettings& settings);

    const sdp::Codec codec_;
    const std::shared_ptr<Events> events_; ///< gone means that nobody listens any more
    Program program_;
    gst::Ref<GstElement> pipeline_;
    encode::UnitHandlers passing_; ///< of H.264 that passes through
    std::optional<encode::PictureSource> pictures_;
    std::unique_ptr<encode::AudioEncoder> audio_;
    gst::BusWatch bus_;
};
