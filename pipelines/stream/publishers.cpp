#include "pipelines/stream/publishers.h"

#include "pipelines/base/log.h"

#include <utility>

namespace stream {

using base::Error;
using base::fail;
using base::Milliseconds;
using base::Nanoseconds;
using base::Problem;
using base::Result;
using gst::Ref;

namespace {

const base::Logger logger("publishers");

constexpr Milliseconds kCloseDeadline{3000};
/// Of a publisher that leaves while the stream goes on.
constexpr Milliseconds kLeaveDeadline{5000};
/// From a publisher's offer to its first video frame, when it is to take another's place: ICE and
/// DTLS on a slow path, and a key frame that was asked for.
constexpr Milliseconds kTakeOverDeadline{15'000};
constexpr Milliseconds kKeyFrameInterval{500};
constexpr Milliseconds kSilenceInterval{50};
/// While the first HLS segment is made, key frames come twice per GOP.
constexpr int kEarlyKeyFrames = 4;
/// So many pipelines that hang are more than a process should carry: the next one begins anew.
constexpr int kMostAbandoned = 3;

} // namespace

Result<std::shared_ptr<Publishers>>
Publishers::start(const control::Publish& publish, const sdp::PublishOffer& offer,
                  std::shared_ptr<Encoder> encoder, const gst::Timebase& timebase,
                  control::Send send, std::function<void(const Error&)> onLost) {
    const std::shared_ptr<Publishers> made(
        new Publishers(std::move(encoder), timebase, std::move(send), std::move(onLost)));
    if (auto begun = made->begin(publish, offer); !begun) {
        return fail(begun.error());
    }
    return made;
}

Publishers::Publishers(std::shared_ptr<Encoder> encoder, const gst::Timebase& timebase,
                       control::Send send, std::function<void(const Error&)> onLost)
    : encoder_(std::move(encoder)), timebase_(timebase), send_(std::move(send)),
      onLost_(std::move(onLost)) {}

Result<void> Publishers::begin(const control::Publish& publish, const sdp::PublishOffer& offer) {
    switch_ = std::make_shared<Switch>(Switch::Source{lastNumber_ + 1, offer.audio.has_value()},
                                       encoder_, [weak = weak_from_this()] {
                                           base::post([weak] {
                                               if (const auto self = weak.lock()) {
                                                   self->follow();
                                               }
                                           });
                                       });
    auto first = make(publish, offer);
    if (!first) {
        return fail(first.error());
    }
    current_ = std::move(*first);
    silence_ = base::Timer::every(kSilenceInterval,
                                  [this] { switch_->fillSilence(timebase_.runningTime()); });
    if (encoder_->codec() == sdp::Codec::H264) {
        askForKeyFrames(publish.video.gop);
    }
    return {};
}

Result<Publishers::Source> Publishers::make(const control::Publish& publish,
                                            const sdp::PublishOffer& offer) {
    const int number = ++lastNumber_;
    const auto to = switch_;
    const ingest::MediaHandlers media{
        [to, number](gst::VideoFrame frame) { to->push(number, std::move(frame)); },
        [to, number](fanout::AccessUnit unit, const Ref<GstCaps>& format) {
            to->push(number, std::move(unit), format);
        },
        [to, number](Nanoseconds time, gst::AudioSamples samples) {
            to->push(number, time, samples);
        }};
    auto publisher = ingest::Publisher::start(
        publish, offer, timebase_, media, send_,
        [this, session = publish.session](const Error& reason) { leave(session, reason); });
    if (!publisher) {
        return fail(publisher.error());
    }
    return Source{std::move(*publisher), number};
}

/// A browser makes a key frame only when asked.
void Publishers::askForKeyFrames(Milliseconds gop) {
    keyFrames_ = base::Timer::every(gop / 2, [this, tick = 0]() mutable {
        const bool flows = encoder_->encoded().frames() > 0;
        tick = flows ? tick + 1 : 0;
        if (flows && (tick <= kEarlyKeyFrames || tick % 2 == 0)) {
            requestKeyFrame();
        }
    });
}

Result<void> Publishers::check(const control::Publish& publish, sdp::Codec codec) const {
    if (!(current_.publisher ? current_ : incoming_).is(publish.replaces)) {
        return fail(Problem::Conflict,
                    "the session to be replaced has ended: publish without replacing it");
    }
    if (codec != encoder_->codec()) {
        return fail(Problem::Unprocessable,
                    std::string("the stream runs with ") + sdp::encodingName(encoder_->codec()) +
                        ", and only that can go on in its place: publish anew with " +
                        sdp::encodingName(codec));
    }
    if (abandoned_ >= kMostAbandoned) {
        return fail(Problem::Unavailable,
                    "three former publishers of this stream did not stop: publish anew");
    }
    return {};
}

Result<void> Publishers::replace(const control::Publish& publish, const sdp::PublishOffer& offer) {
    follow();
    if (auto checked = check(publish, offer.video.codec); !checked) {
        return checked;
    }
    auto next = make(publish, offer);
    if (!next) {
        return fail(next.error());
    }
    if (incoming_.publisher) {
        if (!withdraw()) {
            letGo(next->publisher);
            return fail(Problem::Conflict, "another session has just taken over");
        }
        dismiss(std::exchange(incoming_, {}),
                {Problem::Conflict, "another session came in its place"});
    }
    expect(std::move(*next), offer.audio.has_value());
    return {};
}

void Publishers::expect(Source source, bool hasAudio) {
    switch_->expect({source.number, hasAudio});
    const std::string session = source.publisher->session();
    incoming_ = {
        std::move(source),
        base::Timer::once(kTakeOverDeadline,
                          [this, session] {
                              leave(session,
                                    {Problem::Timeout, "it sent no video frame within 15 s that "
                                                       "could take over"});
                          }),
        base::Timer::every(kKeyFrameInterval, [this] { incoming_.publisher->requestKeyFrame(); })};
}

/// The switch may just have gone over to the incoming publisher.
void Publishers::follow() {
    if (!incoming_.publisher || incoming_.number != switch_->active()) {
        return;
    }
    auto former = std::exchange(current_, std::exchange(incoming_, {}));
    count(*current_.publisher, -1);
    if (former.publisher) {
        count(*former.publisher, +1);
        dismiss(std::move(former), {Problem::Conflict, "another session took over"},
                current_.publisher->session());
    }
}

/// True when the incoming publisher can't become active any more. Else it just has.
bool Publishers::withdraw() {
    const bool withdrawn = switch_->withdraw(incoming_.number);
    if (!withdrawn) {
        follow();
    }
    return withdrawn;
}

void Publishers::leave(const std::string& session, const Error& reason) {
    follow();
    if (incoming_.is(session) && current_.publisher && withdraw()) {
        dismiss(std::exchange(incoming_, {}), reason);
        return;
    }
    const bool last = !current_.publisher || !incoming_.publisher;
    if (!(current_.publisher ? current_ : incoming_).is(session)) {
        return;
    }
    if (last) {
        onLost_(reason);
        return;
    }
    count(*current_.publisher, +1);
    dismiss(std::exchange(current_, {}), reason);
}

void Publishers::dismiss(Source source, const Error& reason, const std::string& replacedBy) {
    send_(control::Closed{source.publisher->session(), reason.problem, reason.message, replacedBy});
    letGo(source.publisher);
}

/// Closed in its own time, while the stream goes on.
void Publishers::letGo(const std::shared_ptr<ingest::Publisher>& publisher) {
    leaving_.push_back(publisher);
    publisher->close(kLeaveDeadline, [weak = weak_from_this(),
                                      leaving = publisher.get()](bool finished) {
        const auto self = weak.lock();
        if (!self) {
            return;
        }
        if (!finished) {
            ++self->abandoned_;
            logger.error("a former publisher's pipeline did not stop within 5 s "
                         "and is left behind");
        }
        self->leaving_.remove_if([leaving](const auto& entry) { return entry.get() == leaving; });
    });
}

void Publishers::addCandidate(const std::string& session, int mediaLine,
                              const std::string& candidate) {
    for (const Source* source : {&current_, static_cast<Source*>(&incoming_)}) {
        if (source->is(session)) {
            source->publisher->addCandidate(mediaLine, candidate);
        }
    }
}

void Publishers::requestKeyFrame() {
    if (current_.publisher) {
        current_.publisher->requestKeyFrame();
    }
}

void Publishers::close(const Error& reason, std::function<void()> done) {
    follow();
    if (incoming_.publisher) {
        withdraw();
    }
    for (base::Timer* timer : {&incoming_.deadline, &incoming_.keyFrames, &silence_, &keyFrames_}) {
        timer->stop();
    }
    const auto open = std::make_shared<int>(0);
    const auto closed = [open, done = std::move(done)](bool) {
        if (--*open == 0) {
            done();
        }
    };
    for (const auto& publisher : {current_.publisher, incoming_.publisher}) {
        if (publisher) {
            ++*open;
            send_(control::Closed{publisher->session(), reason.problem, reason.message, {}});
            publisher->close(kCloseDeadline, closed);
        }
    }
}

void Publishers::count(const ingest::Publisher& publisher, int sign) {
    former_.bytes += sign * static_cast<std::int64_t>(publisher.receivedBytes());
    former_.lost += sign * publisher.lostPackets();
}

std::uint64_t Publishers::receivedBytes() const {
    return static_cast<std::uint64_t>(former_.bytes) +
           (current_.publisher ? current_.publisher->receivedBytes() : 0);
}

std::int64_t Publishers::lostPackets() const {
    return former_.lost + (current_.publisher ? current_.publisher->lostPackets() : 0);
}

} // namespace stream
