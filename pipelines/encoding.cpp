#include "pipelines/encoding.h"

#include "pipelines/base/log.h"
#include "pipelines/base/loop.h"
#include "pipelines/encode/video.h"
#include "pipelines/gst/teardown.h"

using base::Error;
using base::fail;
using base::Milliseconds;
using base::Nanoseconds;
using base::Problem;
using base::Result;
using gst::Ref;

namespace {

const base::Logger logger("encoding");

constexpr Milliseconds kTeardownDeadline{3000};

base::WallTime wallClockOfZero(const gst::Timebase& timebase) {
    const auto now = std::chrono::time_point_cast<Nanoseconds>(std::chrono::system_clock::now());
    return now - timebase.runningTime();
}

} // namespace

Result<std::shared_ptr<Encoding>> Encoding::start(const control::Publish& publish, sdp::Codec codec,
                                                  const gst::Timebase& timebase,
                                                  std::shared_ptr<fanout::Fanout> fanout,
                                                  Events events) {
    const std::shared_ptr<Encoding> encoding(
        new Encoding(publish, codec, timebase, std::move(fanout), std::move(events)));
    if (auto built = encoding->build(publish, timebase); !built) {
        encoding->close([encoding] {}); // its threads may run until it has stopped
        return fail(built.error());
    }
    return encoding;
}

Encoding::Encoding(const control::Publish& publish, sdp::Codec codec, const gst::Timebase& timebase,
                   std::shared_ptr<fanout::Fanout> fanout, Events events)
    : codec_(codec), events_(std::make_shared<Events>(std::move(events))),
      program_(std::move(fanout), publish.take, wallClockOfZero(timebase),
               [weak = std::weak_ptr<Events>(events_)](control::Live live) {
                   base::post([weak, live = std::move(live)] {
                       if (const auto listening = weak.lock()) {
                           listening->onLive(live);
                       }
                   });
               }),
      pipeline_(Ref<GstElement>::sink(gst_pipeline_new("encoding"))) {}

Encoding::~Encoding() = default;

Result<void> Encoding::build(const control::Publish& publish, const gst::Timebase& timebase) {
    if (auto added = addVideo(publish.video); !added) {
        return added;
    }
    auto audio = encode::AudioEncoder::add(GST_BIN(pipeline_.get()), publish.audio,
                                           program_.audioHandlers());
    if (!audio) {
        return fail(audio.error());
    }
    audio_ = std::move(*audio);
    program_.onFirstPicture([this](Nanoseconds time) { audio_->begin(time); });
    timebase.applyTo(GST_PIPELINE(pipeline_.get()));
    bus_ = gst::BusWatch(pipeline_.get(), [this](const Error& error) { events_->onFailed(error); });
    if (gst_element_set_state(pipeline_.get(), GST_STATE_PLAYING) == GST_STATE_CHANGE_FAILURE) {
        return fail(Problem::Internal, "the encoders do not start");
    }
    return {};
}

Result<void> Encoding::addVideo(const control::VideoSettings& settings) {
    if (codec_ == sdp::Codec::h264) {
        passing_ = program_.videoHandlers();
        return {};
    }
    GstBin* bin = GST_BIN(pipeline_.get());
    auto encoder = encode::addVideoEncoder(bin, settings, program_.videoHandlers());
    if (!encoder) {
        return fail(encoder.error());
    }
    auto source = encode::PictureSource::add(bin, encoder->get());
    if (!source) {
        return fail(source.error());
    }
    pictures_ = std::move(*source);
    return {};
}

void Encoding::close(std::function<void()> onClosed) {
    bus_.stop();
    if (audio_) {
        audio_->stop();
    }
    gst::teardown(pipeline_, kTeardownDeadline, [onClosed = std::move(onClosed)](bool finished) {
        if (!finished) {
            logger.error("the encoders did not stop within 3 s");
        }
        onClosed();
    });
}
