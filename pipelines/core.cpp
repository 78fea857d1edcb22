#include "pipelines/core.h"

#include "pipelines/base/log.h"
#include "pipelines/base/unique.h"
#include "pipelines/encode/video.h"
#include "pipelines/gst/teardown.h"
#include "pipelines/ingest/tracks.h"

using base::Error;
using base::fail;
using base::Milliseconds;
using base::Nanoseconds;
using base::Problem;
using base::Result;
using gst::Ref;

namespace {

const base::Logger logger("core");

constexpr Milliseconds kTeardownDeadline{3000};
/// While the first HLS segment is made, key frames come twice per GOP.
constexpr int kEarlyKeyFrames = 4;

base::WallTime wallClockOfZero(const Timebase& timebase) {
    const auto now = std::chrono::time_point_cast<Nanoseconds>(std::chrono::system_clock::now());
    return now - timebase.runningTime();
}

ingest::IceConfig iceConfig(const control::Publish& publish) {
    const control::IceSettings& ice = publish.ice;
    return {.firstPort = ice.firstPort,
            .lastPort = ice.lastPort,
            .interfaces = ice.interfaces,
            .ipv6 = ice.ipv6,
            .loopback = publish.loopback,
            .publicAddress = ice.publicAddress,
            .mediaAddress = ice.mediaAddress,
            .relays = ice.relays};
}

const char* nameOf(sdp::Codec codec) {
    return codec == sdp::Codec::vp8 ? "VP8" : codec == sdp::Codec::h264 ? "H264" : "Opus";
}

} // namespace

Timebase Timebase::now() {
    Timebase timebase{Ref<GstClock>::adopt(gst_system_clock_obtain()), 0};
    timebase.baseTime = gst_clock_get_time(timebase.clock.get());
    return timebase;
}

Nanoseconds Timebase::runningTime() const {
    return Nanoseconds(gst_clock_get_time(clock.get()) - baseTime);
}

void Timebase::applyTo(GstPipeline* pipeline) const {
    gst_pipeline_use_clock(pipeline, clock.get());
    gst_element_set_start_time(GST_ELEMENT(pipeline), GST_CLOCK_TIME_NONE);
    gst_element_set_base_time(GST_ELEMENT(pipeline), baseTime);
}

Result<std::unique_ptr<Core>> Core::start(const control::Publish& publish, const Timebase& timebase,
                                          std::shared_ptr<fanout::Fanout> fanout, CoreEvents events) {
    std::unique_ptr<Core> core(new Core(publish, std::move(events)));
    if (auto built = core->build(publish, timebase, std::move(fanout)); !built) {
        const std::shared_ptr<Core> doomed(std::move(core)); // its threads may run until it has stopped
        gst::teardown(doomed->pipeline_, kTeardownDeadline, [doomed](bool) {});
        return fail(built.error());
    }
    return core;
}

Core::Core(const control::Publish& publish, CoreEvents events)
    : session_(publish.session), events_(std::move(events)),
      pipeline_(Ref<GstElement>::sink(gst_pipeline_new("core"))) {}

Core::~Core() {
    *alive_ = false;
    if (busWatch_ != 0) {
        g_source_remove(busWatch_);
    }
}

Result<void> Core::build(const control::Publish& publish, const Timebase& timebase,
                         std::shared_ptr<fanout::Fanout> fanout) {
    const auto offer = sdp::PublishOffer::parse(publish.offer);
    if (!offer) {
        const bool malformed = offer.error().kind == sdp::Refusal::Kind::malformed;
        return fail(malformed ? Problem::Malformed : Problem::Unprocessable, offer.error().reason);
    }
    program_ = std::make_unique<Program>(
        std::move(fanout), publish.take, wallClockOfZero(timebase),
        [this, alive = alive_](control::Live live) {
            base::post([this, alive, live = std::move(live)] {
                if (*alive) {
                    events_.onLive(live);
                }
            });
        });
    auto inputs = addTracks(publish, *offer);
    if (!inputs) {
        return fail(inputs.error());
    }
    timebase.applyTo(GST_PIPELINE(pipeline_.get()));
    watchBus();
    if (gst_element_set_state(pipeline_.get(), GST_STATE_PLAYING) == GST_STATE_CHANGE_FAILURE) {
        return fail(Problem::Internal, "the pipeline does not start");
    }
    auto peer = ingest::Peer::start(GST_BIN(pipeline_.get()), *offer, iceConfig(publish), *inputs,
                                    peerEvents(*offer));
    if (!peer) {
        return fail(peer.error());
    }
    peer_ = *peer;
    if (offer->video.codec == sdp::Codec::h264) {
        askForKeyFrames(publish.video.gop);
    }
    return {};
}

Result<ingest::PeerInputs> Core::addTracks(const control::Publish& publish, const sdp::PublishOffer& offer) {
    GstBin* bin = GST_BIN(pipeline_.get());
    const encode::VideoConfig config{publish.video.minHeight, publish.video.frameRate, publish.video.preset,
                                     publish.video.bitrate, publish.video.gop};
    const bool passthrough = offer.video.codec == sdp::Codec::h264;
    auto encoder = passthrough ? encode::addPassthrough(bin, program_->videoHandlers())
                               : encode::addVideoEncoder(bin, config, program_->videoHandlers());
    if (!encoder) {
        return fail(encoder.error());
    }
    auto audio = encode::AudioEncoder::add(bin, {publish.audio.bitrate}, program_->audioHandlers());
    if (!audio) {
        return fail(audio.error());
    }
    audio_ = std::move(*audio);
    program_->onFirstPicture([this](Nanoseconds time) { audio_->begin(time); });

    ingest::PeerInputs inputs;
    auto video = ingest::addTrack(bin, offer.video.codec, encoder->get());
    if (!video) {
        return fail(video.error());
    }
    inputs.video = *video;
    if (offer.audio) {
        auto samples = audio_->addInput();
        auto track = samples ? ingest::addTrack(bin, offer.audio->codec, samples->get()) : samples;
        if (!track) {
            return fail(track.error());
        }
        inputs.audio = *track;
    }
    return inputs;
}

ingest::PeerEvents Core::peerEvents(const sdp::PublishOffer& offer) {
    const sdp::Codec videoCodec = offer.video.codec;
    return {[this](Result<std::string> answer) { events_.onAnswer(std::move(answer)); },
            [this, videoCodec](sdp::MediaKind kind) {
                const bool video = kind == sdp::MediaKind::video;
                const sdp::Codec codec = video ? videoCodec : sdp::Codec::opus;
                events_.onTrack({session_, video ? control::Media::Video : control::Media::Audio,
                                 nameOf(codec), codec == sdp::Codec::h264});
            },
            [this](const Error& reason) { events_.onLost(reason); }};
}

/// Errors of the core end the stream; warnings are worth a line.
void Core::watchBus() {
    const auto bus = Ref<GstBus>::adopt(gst_pipeline_get_bus(GST_PIPELINE(pipeline_.get())));
    busWatch_ = gst_bus_add_watch(
        bus.get(),
        [](GstBus*, GstMessage* message, gpointer data) noexcept -> gboolean {
            auto* self = static_cast<Core*>(data);
            if (GST_MESSAGE_TYPE(message) == GST_MESSAGE_ERROR) {
                GError* error = nullptr;
                gst_message_parse_error(message, &error, nullptr);
                const base::UniqueError owner(error);
                const std::string source = GST_OBJECT_NAME(GST_MESSAGE_SRC(message));
                self->events_.onLost({Problem::Internal, "the pipeline failed in " + source + ": " + error->message});
            } else if (GST_MESSAGE_TYPE(message) == GST_MESSAGE_LATENCY) {
                gst_bin_recalculate_latency(GST_BIN(self->pipeline_.get()));
            }
            return G_SOURCE_CONTINUE;
        },
        this);
}

/// A browser makes a key frame only when asked.
void Core::askForKeyFrames(Milliseconds gop) {
    keyFrames_ = base::Timer::every(gop / 2, [this, tick = 0]() mutable {
        ++tick;
        if (program_->pictures() > 0 && (tick <= kEarlyKeyFrames || tick % 2 == 0)) {
            peer_->requestKeyFrame();
        } else if (program_->pictures() == 0) {
            tick = 0;
        }
    });
}

void Core::addCandidate(int mediaLine, const std::string& candidate) {
    peer_->addCandidate(mediaLine, candidate);
}

void Core::requestKeyFrame() {
    peer_->requestKeyFrame();
}

void Core::close(std::function<void()> onClosed) {
    keyFrames_.stop();
    audio_->stop();
    if (busWatch_ != 0) {
        g_source_remove(std::exchange(busWatch_, 0));
    }
    peer_->close([pipeline = pipeline_, onClosed = std::move(onClosed)] {
        gst::teardown(pipeline, kTeardownDeadline, [onClosed](bool finished) {
            if (!finished) {
                logger.error("webrtcbin did not stop within 3 s");
            }
            onClosed();
        });
    });
}

std::uint64_t Core::receivedBytes() const {
    return peer_->receivedBytes();
}

std::int64_t Core::lostPackets() const {
    return peer_->lostPackets();
}
