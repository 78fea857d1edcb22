#include "gateway/streams/registry_impl.h"

#include "pipelines/base/loop.h"

#include <glib.h>
#include <utility>

namespace streams {

namespace {

using namespace std::chrono_literals;
using base::Problem;

constexpr base::Milliseconds kAnswerTime = 4500ms; ///< HTTP gives up after 5 s
constexpr base::Milliseconds kShutdownTime = 8s;
constexpr base::Milliseconds kHeritageTime = 1h;
constexpr std::size_t kStreamsPerCore = 2; ///< of 720p at 30 frames/s, decoded and encoded

Config completed(Config config) {
    // Segments of an encoder that may fill its buffer, with what MPEG-TS adds.
    const auto media = config.video.bitrate.bitsPerSecond + config.audio.bitrate.bitsPerSecond;
    config.hls.ceiling = base::Bitrate{media * 13 / 10};
    return config;
}

void refuse(const std::function<void(base::Result<Accepted>)>& done, const base::Error& error) {
    base::post([done, error] { done(base::fail(error)); });
}

} // namespace

Registry::Impl::Impl(Config config, Sandbox sandbox)
    : config_(completed(std::move(config))), sandbox_(std::move(sandbox)),
      destinations_(config_.rtp.allowedDestinations),
      ports_(config_.rtp.firstPort, config_.rtp.lastPort), shared_{config_, sandbox_, destinations_,
                                                                   ports_, events_},
      pool_(sandbox_, config_.pipeline) {}

std::size_t Registry::Impl::limit() const {
    return config_.streamLimit > 0 ? static_cast<std::size_t>(config_.streamLimit)
                                   : kStreamsPerCore * g_get_num_processors();
}

base::Result<void> Registry::Impl::canTake() const {
    if (stopping_) {
        return base::fail(Problem::Unavailable, "Spillway is stopping");
    }
    if (streams_.size() >= limit()) {
        return base::fail(Problem::Unavailable,
                          "all " + std::to_string(limit()) +
                              " streams that [limits] streams allows are live");
    }
    return {};
}

Stream* Registry::Impl::find(const std::string& name) const {
    const auto at = streams_.find(name);
    return at != streams_.end() ? at->second.get() : nullptr;
}

Stream* Registry::Impl::findSession(const std::string& session) const {
    for (const auto& [name, stream] : streams_) {
        if (stream->publishers().has(session)) {
            return stream.get();
        }
    }
    return nullptr;
}

void Registry::Impl::publish(Offer offer, Done done) {
    const std::string name = offer.stream;
    const Stream* before = find(name);
    const bool ending = before != nullptr && before->info().state >= StreamState::Ending;
    if ((before != nullptr && !ending) || queued_.contains(name)) {
        refuse(done, {Problem::Conflict, "the stream " + name +
                                             " has a publisher: choose another name, or "
                                             "end that one first"});
        return;
    }
    if (const auto can = canTake(); !can && (stopping_ || !ending)) {
        refuse(done, can.error());
        return;
    }
    auto pending = std::make_shared<Pending>(Pending{std::move(offer), std::move(done), {}});
    pending->deadline = base::Timer::once(
        kAnswerTime, [this, weak = std::weak_ptr<Pending>(pending)] { onDeadline(weak.lock()); });
    if (ending) {
        queued_[name] = std::move(pending); // it takes its predecessor's place in a moment
    } else {
        begin(pending);
    }
}

base::Result<Stream*> Registry::Impl::streamToReplaceIn(const Offer& offer) const {
    if (stopping_) {
        return base::fail(Problem::Unavailable, "Spillway is stopping");
    }
    Stream* stream = find(offer.stream);
    if (stream == nullptr || stream->info().state != StreamState::Live ||
        stream->publishers().current() != offer.replaces) {
        return base::fail(Problem::Conflict,
                          "the session to be replaced is not the one that publishes the stream " +
                              offer.stream + ": publish without replacing it");
    }
    return stream;
}

/// In the process that carries the stream already.
void Registry::Impl::replace(const Offer& offer, Done done) {
    const auto stream = streamToReplaceIn(offer);
    if (!stream) {
        refuse(done, stream.error());
        return;
    }
    const std::string session = std::to_string(++lastNumber_);
    const auto deadline = std::make_shared<base::Timer>(base::Timer::once(kAnswerTime, [=, this] {
        if (Stream* late = findSession(session)) {
            late->leave(session, "the pipeline did not answer the offer in time"); // which answers
        }
    }));
    (*stream)->replace(offer, session,
                       [deadline, done = std::move(done)](base::Result<Accepted> result) {
                           deadline->stop();
                           done(std::move(result));
                       });
}

void Registry::Impl::begin(const std::shared_ptr<Pending>& pending) {
    const int number = ++lastNumber_;
    const std::string name = pending->offer.stream;
    auto stream = std::make_unique<Stream>(shared_, pool_, heritageOf(name),
                                           Stream::Identity{name, number, std::to_string(number)});
    Stream& started = *stream;
    streams_[name] = std::move(stream);
    started.start(
        pending->offer,
        [pending](base::Result<Accepted> result) {
            pending->deadline.stop();
            pending->done(std::move(result));
        },
        [this, name, alive = std::weak_ptr<bool>(alive_)] {
            base::post([this, name, alive] {
                if (!alive.expired()) {
                    onEnded(name);
                }
            });
        });
}

void Registry::Impl::onDeadline(const std::shared_ptr<Pending>& pending) {
    const std::string name = pending->offer.stream;
    if (queued_.contains(name) && queued_[name] == pending) {
        queued_.erase(name);
        pending->done(base::fail(Problem::Unavailable, "the stream " + name + " is still ending"));
        return;
    }
    Stream* stream = find(name);
    if (stream == nullptr) {
        return;
    }
    const auto health = pool_.health();
    stream->end(!stream->waiting() ? "the pipeline did not answer the offer in time"
                : health           ? "no pipeline process was free in time: try again"
                                   : health.error().message,
                EndCause::Failed); // which answers
}

void Registry::Impl::onEnded(const std::string& name) {
    streams_.erase(name);
    heritageOf(name).expiry =
        base::Timer::once(kHeritageTime, [this, name] { heritages_.erase(name); });
    if (const auto queued = queued_.extract(name)) {
        begin(queued.mapped());
    }
    finishShutdown();
}

Heritage& Registry::Impl::heritageOf(const std::string& name) {
    auto& heritage = heritages_[name];
    if (!heritage) {
        heritage = std::make_unique<Heritage>(config_.runDirectory + "/" + name, config_.hls);
    }
    heritage->expiry.stop();
    return *heritage;
}

void Registry::Impl::shutdown(std::function<void()> onDone) {
    stopping_ = true;
    onShutdown_ = std::move(onDone);
    shutdownDeadline_ =
        base::Timer::once(kShutdownTime, [this] { std::exchange(onShutdown_, nullptr)(); });
    for (const auto& [name, pending] : std::exchange(queued_, {})) {
        pending->deadline.stop();
        pending->done(base::fail(Problem::Unavailable, "Spillway is stopping"));
    }
    for (const auto& [name, stream] : streams_) {
        stream->end("Spillway is stopping", EndCause::Stopping);
    }
    pool_.stop([this] {
        poolStopped_ = true;
        base::post([this, alive = std::weak_ptr<bool>(alive_)] {
            if (!alive.expired()) {
                finishShutdown();
            }
        });
    });
}

void Registry::Impl::finishShutdown() {
    if (onShutdown_ && poolStopped_ && streams_.empty()) {
        shutdownDeadline_.stop();
        base::post(std::exchange(onShutdown_, nullptr));
    }
}

} // namespace streams
