#include "pipelines/publishers.h"

#include <utility>

using base::Error;
using base::fail;
using base::Milliseconds;
using base::Problem;
using base::Result;

namespace {

constexpr Milliseconds kCloseDeadline{3000};
/// From a publisher's offer to its first picture, when it is to take another's place: ICE and DTLS
/// on a slow path, and a key frame that was asked for.
constexpr Milliseconds kTakeOverDeadline{15'000};
constexpr Milliseconds kKeyFrameInterval{500};
/// So many pipelines that hang are more than a process should carry: the next one begins anew.
constexpr int kMostAbandoned = 3;

} // namespace

Publishers::Publishers(std::shared_ptr<Encoding> encoding, const gst::Timebase& timebase,
                       Events events)
    : encoding_(std::move(encoding)), timebase_(timebase), events_(std::move(events)) {}

Result<void> Publishers::begin(const control::Publish& publish, const sdp::PublishOffer& offer) {
    auto first = make(publish, offer);
    if (!first) {
        return fail(first.error());
    }
    encoding_->changeSource(offer.audio.has_value());
    current_ = std::move(*first);
    return {};
}

Result<void> Publishers::check(const control::Publish& publish, sdp::Codec codec) const {
    const Publisher* replaced = current_ ? current_.get() : incoming_.publisher.get();
    if (replaced == nullptr || replaced->session() != publish.replaces) {
        return fail(Problem::Conflict,
                    "the session to be replaced has ended: publish without replacing it");
    }
    if (codec != encoding_->codec()) {
        return fail(Problem::Unprocessable,
                    std::string("the stream runs with ") + sdp::encodingName(encoding_->codec()) +
                        ", and only that can go on in its place: publish anew with " +
                        sdp::encodingName(codec));
    }
    if (departures_.abandoned() >= kMostAbandoned) {
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
            departures_.add(std::move(*next));
            return fail(Problem::Conflict, "another session has just taken over");
        }
        dismiss(std::move(incoming_.publisher),
                {Problem::Conflict, "another session came in its place"});
    }
    expect(std::move(*next), offer.audio.has_value());
    return {};
}

void Publishers::expect(std::unique_ptr<Publisher> publisher, bool hasSound) {
    const std::string session = publisher->session();
    onAir_->expect(publisher->number(), hasSound);
    incoming_.publisher = std::move(publisher);
    incoming_.patience = base::Timer::once(kTakeOverDeadline, [this, session] {
        leave(session, {Problem::Timeout, "it sent no picture within 15 s that could take over"});
    });
    incoming_.keyFrames =
        base::Timer::every(kKeyFrameInterval, [this] { incoming_.publisher->requestKeyFrame(); });
}

Result<std::unique_ptr<Publisher>> Publishers::make(const control::Publish& publish,
                                                    const sdp::PublishOffer& offer) {
    const int number = ++lastNumber_;
    auto intake = std::make_shared<Intake>(
        onAir_, encoding_,
        Intake::Listener{number, offer.audio.has_value(), [weak = weak_from_this()] {
                             base::post([weak] {
                                 if (const auto self = weak.lock()) {
                                     self->follow();
                                 }
                             });
                         }});
    return Publisher::start(publish, offer, number, timebase_, std::move(intake),
                            eventsOf(publish.session));
}

PublisherEvents Publishers::eventsOf(const std::string& session) {
    return {[this, session](Result<std::string> answer) {
                if (answer) {
                    events_.onAnswer({session, *answer, {}});
                } else {
                    events_.onAnswer({session, "", answer.error()});
                    leave(session, answer.error());
                }
            },
            [this](control::Track track) { events_.onTrack(std::move(track)); },
            [this, session](const Error& reason) { leave(session, reason); }};
}

/// A streaming thread may just have put the incoming publisher on air.
void Publishers::follow() {
    if (!incoming_.publisher || incoming_.publisher->number() != onAir_->current()) {
        return;
    }
    auto former = std::exchange(current_, std::move(incoming_.publisher));
    incoming_ = {};
    count(*current_, -1);
    if (former) {
        count(*former, +1);
        dismiss(std::move(former), {Problem::Conflict, "another session took over"},
                current_->session());
    }
}

/// True when the incoming publisher can't come on air any more. Else it just has.
bool Publishers::withdraw() {
    const bool withdrawn = onAir_->withdraw(incoming_.publisher->number());
    if (!withdrawn) {
        follow();
    }
    return withdrawn;
}

void Publishers::leave(const std::string& session, const Error& reason) {
    follow();
    if (incoming_.publisher && incoming_.publisher->session() == session && current_ &&
        withdraw()) {
        dismiss(std::move(incoming_.publisher), reason);
        incoming_ = {};
        return;
    }
    const bool last = !current_ || !incoming_.publisher;
    const Publisher* leaving = current_ ? current_.get() : incoming_.publisher.get();
    if (leaving == nullptr || leaving->session() != session) {
        return;
    }
    if (last) {
        events_.onLost(reason);
        return;
    }
    count(*current_, +1);
    dismiss(std::move(current_), reason);
}

/// Closed in its own time, while the stream goes on.
void Publishers::dismiss(std::unique_ptr<Publisher> publisher, const Error& reason,
                         const std::string& replacedBy) {
    events_.onClosed({publisher->session(), reason.problem, reason.message, replacedBy});
    departures_.add(std::move(publisher));
}

void Publishers::addCandidate(const std::string& session, int mediaLine,
                              const std::string& candidate) {
    for (Publisher* publisher : {current_.get(), incoming_.publisher.get()}) {
        if (publisher != nullptr && publisher->session() == session) {
            publisher->addCandidate(mediaLine, candidate);
        }
    }
}

void Publishers::requestKeyFrame() {
    if (current_) {
        current_->requestKeyFrame();
    }
}

void Publishers::close(const Error& reason, std::function<void()> done) {
    follow();
    if (incoming_.publisher) {
        withdraw();
    }
    incoming_.patience.stop();
    incoming_.keyFrames.stop();
    const auto open = std::make_shared<int>(0);
    const auto closed = [open, done = std::move(done)](bool) {
        if (--*open == 0) {
            done();
        }
    };
    for (Publisher* publisher : {current_.get(), incoming_.publisher.get()}) {
        if (publisher != nullptr) {
            ++*open;
            events_.onClosed({publisher->session(), reason.problem, reason.message, {}});
            publisher->close(kCloseDeadline, closed);
        }
    }
}

void Publishers::count(const Publisher& publisher, int sign) {
    former_.bytes += sign * static_cast<std::int64_t>(publisher.receivedBytes());
    former_.lost += sign * publisher.lostPackets();
}

std::uint64_t Publishers::receivedBytes() const {
    return static_cast<std::uint64_t>(former_.bytes) + (current_ ? current_->receivedBytes() : 0);
}

std::int64_t Publishers::lostPackets() const {
    return former_.lost + (current_ ? current_->lostPackets() : 0);
}
