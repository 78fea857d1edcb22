#include "pipelines/publisher.h"

#include "pipelines/encode/sound_input.h"
#include "pipelines/encode/video.h"
#include "pipelines/gst/teardown.h"
#include "pipelines/ingest/tracks.h"

#include <utility>

using base::Error;
using base::fail;
using base::Milliseconds;
using base::Nanoseconds;
using base::Problem;
using base::Result;
using gst::Ref;

namespace {

constexpr Milliseconds kTeardownDeadline{3000};

const char* nameOf(sdp::Codec codec) {
    return codec == sdp::Codec::vp8 ? "VP8" : codec == sdp::Codec::h264 ? "H264" : "Opus";
}

/// What takes the video: decoded pictures, or access units that pass through.
Result<Ref<GstElement>> addVideoEnd(GstBin* bin, const std::shared_ptr<Intake>& intake) {
    if (intake->passesThrough()) {
        return encode::addPassthrough(
            bin, {[intake](const Ref<GstCaps>& caps) { intake->format(caps); },
                  [intake](fanout::AccessUnit unit) { intake->unit(std::move(unit)); }});
    }
    auto sink = encode::makePictureSink(
        [intake](encode::Picture picture) { intake->picture(std::move(picture)); });
    if (sink && !gst_bin_add(bin, sink->get())) {
        return fail(Problem::Internal, "cannot add the sink of pictures");
    }
    return sink;
}

Result<ingest::PeerInputs> addTracks(GstBin* bin, const sdp::PublishOffer& offer,
                                     const std::shared_ptr<Intake>& intake) {
    ingest::PeerInputs inputs;
    auto pictures = addVideoEnd(bin, intake);
    auto video = pictures ? ingest::addTrack(bin, offer.video.codec, pictures->get()) : pictures;
    if (!video) {
        return fail(video.error());
    }
    inputs.video = *video;
    if (offer.audio) {
        auto samples = encode::addSoundInput(
            bin, [intake](Nanoseconds time, std::span<const std::int16_t> sound) {
                intake->sound(time, sound);
            });
        auto audio = samples ? ingest::addTrack(bin, offer.audio->codec, samples->get()) : samples;
        if (!audio) {
            return fail(audio.error());
        }
        inputs.audio = *audio;
    }
    return inputs;
}

/// The end of a publisher, which may outlive it. Shared by the steps on the way.
struct Closing {
    std::function<void(bool)> onClosed;
    base::Timer deadline;

    void finish(bool finished) {
        if (onClosed) {
            deadline.stop();
            std::exchange(onClosed, nullptr)(finished);
        }
    }
};

} // namespace

Result<std::unique_ptr<Publisher>> Publisher::start(const control::Publish& publish,
                                                    const sdp::PublishOffer& offer, int number,
                                                    const gst::Timebase& timebase,
                                                    std::shared_ptr<Intake> intake,
                                                    PublisherEvents events) {
    std::unique_ptr<Publisher> made(new Publisher(publish.session, number, std::move(events)));
    if (auto built = made->build(publish, offer, timebase, intake); !built) {
        gst::teardown(made->pipeline_, kTeardownDeadline, [](bool) {});
        return fail(built.error());
    }
    return made;
}

Publisher::Publisher(std::string session, int number, PublisherEvents events)
    : session_(std::move(session)), number_(number), events_(std::move(events)),
      pipeline_(Ref<GstElement>::sink(gst_pipeline_new("publisher"))) {}

Publisher::~Publisher() = default;

Result<void> Publisher::build(const control::Publish& publish, const sdp::PublishOffer& offer,
                              const gst::Timebase& timebase,
                              const std::shared_ptr<Intake>& intake) {
    GstBin* bin = GST_BIN(pipeline_.get());
    auto inputs = addTracks(bin, offer, intake);
    if (!inputs) {
        return fail(inputs.error());
    }
    timebase.applyTo(GST_PIPELINE(pipeline_.get()));
    bus_ = gst::BusWatch(pipeline_.get(), [this](const Error& error) { events_.onLost(error); });
    if (gst_element_set_state(pipeline_.get(), GST_STATE_PLAYING) == GST_STATE_CHANGE_FAILURE) {
        return fail(Problem::Internal, "the publisher's pipeline does not start");
    }
    auto peer = ingest::Peer::start(bin, offer, publish.ice, publish.loopback, *inputs,
                                    peerEvents(offer.video.codec));
    if (!peer) {
        return fail(peer.error());
    }
    peer_ = *peer;
    return {};
}

ingest::PeerEvents Publisher::peerEvents(sdp::Codec videoCodec) {
    return {[this](Result<std::string> answer) { events_.onAnswer(std::move(answer)); },
            [this, videoCodec](sdp::MediaKind kind) {
                const bool video = kind == sdp::MediaKind::video;
                const sdp::Codec codec = video ? videoCodec : sdp::Codec::opus;
                events_.onTrack({session_, video ? control::Media::Video : control::Media::Audio,
                                 nameOf(codec), codec == sdp::Codec::h264});
            },
            [this](const Error& reason) { events_.onLost(reason); }};
}

void Publisher::addCandidate(int mediaLine, const std::string& candidate) {
    peer_->addCandidate(mediaLine, candidate);
}

void Publisher::requestKeyFrame() {
    peer_->requestKeyFrame();
}

void Publisher::close(Milliseconds deadline, std::function<void(bool)> onClosed) {
    bus_.stop();
    const auto closing = std::make_shared<Closing>();
    closing->onClosed = std::move(onClosed);
    closing->deadline = base::Timer::once(deadline, [weak = std::weak_ptr(closing)] {
        if (const auto late = weak.lock()) {
            late->finish(false); // webrtcbin keeps a promise
        }
    });
    peer_->close([closing, deadline, pipeline = pipeline_] {
        closing->deadline.stop();
        gst::teardown(pipeline, deadline, [closing](bool finished) { closing->finish(finished); });
    });
}
