#include "pipelines/stream/encoder.h"

#include "pipelines/base/log.h"
#include "pipelines/encode/audio.h"
#include "pipelines/encode/video.h"
#include "pipelines/gst/teardown.h"

#include <gst/app/gstappsrc.h>

namespace stream {

using base::Error;
using base::fail;
using base::Milliseconds;
using base::Nanoseconds;
using base::Problem;
using base::Result;
using gst::Ref;

namespace {

const base::Logger logger("encoder");

constexpr Milliseconds kTeardownDeadline{3000};
/// Some 270 ms, and 11 MB at 720p.
constexpr std::uint64_t kMostWaitingFrames = 8;

base::WallTime wallClockOfZero(const gst::Timebase& timebase) {
    const auto now = std::chrono::time_point_cast<Nanoseconds>(std::chrono::system_clock::now());
    return now - timebase.runningTime();
}

} // namespace

Result<std::shared_ptr<Encoder>> Encoder::start(const control::Publish& publish, sdp::Codec codec,
                                                const gst::Timebase& timebase,
                                                std::shared_ptr<fanout::Fanout> fanout,
                                                control::Send send,
                                                std::function<void(const Error&)> onFailed) {
    const std::shared_ptr<Encoder> encoder(
        new Encoder(publish, codec, timebase, std::move(fanout), std::move(send)));
    if (auto built = encoder->build(publish, timebase, std::move(onFailed)); !built) {
        encoder->close([encoder] {}); // its threads may run until it has stopped
        return fail(built.error());
    }
    return encoder;
}

Encoder::Encoder(const control::Publish& publish, sdp::Codec codec, const gst::Timebase& timebase,
                 std::shared_ptr<fanout::Fanout> fanout, control::Send send)
    : codec_(codec),
      encoded_(std::move(fanout), publish.take, wallClockOfZero(timebase), std::move(send)),
      pipeline_(Ref<GstElement>::sink(gst_pipeline_new("encoder"))) {}

Result<void> Encoder::build(const control::Publish& publish, const gst::Timebase& timebase,
                            std::function<void(const Error&)> onFailed) {
    if (codec_ != sdp::Codec::H264) {
        if (auto added = addVideo(publish.video); !added) {
            return added;
        }
    }
    auto audio =
        encode::addAudioEncoder(GST_BIN(pipeline_.get()), publish.audio,
                                [this](fanout::AccessUnit unit, const Ref<GstCaps>& format) {
                                    encoded_.audio(std::move(unit), format);
                                });
    if (!audio) {
        return fail(audio.error());
    }
    audioSource_ = *audio;
    timebase.applyTo(GST_PIPELINE(pipeline_.get()));
    bus_ = gst::BusWatch(pipeline_.get(), std::move(onFailed));
    if (gst_element_set_state(pipeline_.get(), GST_STATE_PLAYING) == GST_STATE_CHANGE_FAILURE) {
        return fail(Problem::Internal, "the encoders do not start");
    }
    return {};
}

/// appsrc leaky-type=downstream ! (encode::addVideoEncoder)
Result<void> Encoder::addVideo(const control::VideoSettings& settings) {
    GstBin* bin = GST_BIN(pipeline_.get());
    auto encoder = encode::addVideoEncoder(
        bin, settings, [this](fanout::AccessUnit unit, const Ref<GstCaps>& format) {
            encoded_.video(std::move(unit), format);
        });
    if (!encoder) {
        return fail(encoder.error());
    }
    auto source = gst::makeElement("appsrc", {{"format", "time"},
                                              {"is-live", true},
                                              {"leaky-type", "downstream"},
                                              {"max-buffers", kMostWaitingFrames},
                                              {"max-bytes", std::uint64_t{0}},
                                              {"max-time", std::uint64_t{0}}});
    if (!source) {
        return fail(source.error());
    }
    videoSource_ = *source;
    if (!gst_bin_add(bin, videoSource_.get()) ||
        !gst_element_link(videoSource_.get(), encoder->get())) {
        return fail(Problem::Internal, "cannot link the source of video frames");
    }
    return {};
}

void Encoder::encode(gst::VideoFrame frame) {
    if (!videoFormat_ || !gst_caps_is_equal(videoFormat_.get(), frame.format.get())) {
        videoFormat_ = frame.format;
        gst_app_src_set_caps(GST_APP_SRC(videoSource_.get()), videoFormat_.get());
    }
    gst_app_src_push_buffer(GST_APP_SRC(videoSource_.get()), frame.data.release());
}

void Encoder::encode(Nanoseconds time, gst::AudioSamples samples) {
    gst_app_src_push_buffer(GST_APP_SRC(audioSource_.get()),
                            encode::audioBuffer(time, samples).release());
}

void Encoder::close(std::function<void()> onClosed) {
    bus_.stop();
    gst::teardown(pipeline_, kTeardownDeadline, [onClosed = std::move(onClosed)](bool finished) {
        if (!finished) {
            logger.error("the encoders did not stop within 3 s");
        }
        onClosed();
    });
}

} // namespace stream
