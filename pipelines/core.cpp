#include "pipelines/core.h"

using base::fail;
using base::Milliseconds;
using base::Problem;
using base::Result;

namespace {

/// While the first HLS segment is made, key frames come twice per GOP.
constexpr int kEarlyKeyFrames = 4;

Result<sdp::PublishOffer> parse(const std::string& text) {
    auto offer = sdp::PublishOffer::parse(text);
    if (!offer) {
        const bool malformed = offer.error().kind == sdp::Refusal::Kind::malformed;
        return fail(malformed ? Problem::Malformed : Problem::Unprocessable, offer.error().reason);
    }
    return std::move(*offer);
}

} // namespace

Result<std::unique_ptr<Core>> Core::start(const control::Publish& publish,
                                          const gst::Timebase& timebase,
                                          std::shared_ptr<fanout::Fanout> fanout,
                                          CoreEvents events) {
    const auto offer = parse(publish.offer);
    if (!offer) {
        return fail(offer.error());
    }
    auto encoding = Encoding::start(publish, offer->video.codec, timebase, std::move(fanout),
                                    {events.onLive, events.onLost});
    if (!encoding) {
        return fail(encoding.error());
    }
    std::unique_ptr<Core> core(new Core(*encoding, timebase, events));
    if (auto begun = core->publishers_->begin(publish, *offer); !begun) {
        (*encoding)->close([kept = *encoding] {}); // its threads may run until it has stopped
        return fail(begun.error());
    }
    if (offer->video.codec == sdp::Codec::h264) {
        core->askForKeyFrames(publish.video.gop);
    }
    return core;
}

Core::Core(std::shared_ptr<Encoding> encoding, const gst::Timebase& timebase,
           const CoreEvents& events)
    : encoding_(std::move(encoding)),
      publishers_(std::make_shared<Publishers>(
          encoding_, timebase,
          Publishers::Events{events.onAnswer, events.onTrack, events.onClosed, events.onLost})) {}

Result<void> Core::replace(const control::Publish& publish) {
    const auto offer = parse(publish.offer);
    return offer ? publishers_->replace(publish, *offer) : fail(offer.error());
}

/// A browser makes a key frame only when asked.
void Core::askForKeyFrames(Milliseconds gop) {
    keyFrames_ = base::Timer::every(gop / 2, [this, tick = 0]() mutable {
        ++tick;
        if (program().pictures() > 0 && (tick <= kEarlyKeyFrames || tick % 2 == 0)) {
            publishers_->requestKeyFrame();
        } else if (program().pictures() == 0) {
            tick = 0;
        }
    });
}

void Core::close(const base::Error& reason, std::function<void()> onClosed) {
    keyFrames_.stop();
    const auto open = std::make_shared<int>(2);
    const auto closed = [open, onClosed = std::move(onClosed)] {
        if (--*open == 0) {
            onClosed();
        }
    };
    publishers_->close(reason, closed);
    encoding_->close(closed);
}
