#include "gateway/streams/registry.h"

#include "gateway/streams/pipeline_pool.h"
#include "gateway/streams/shared.h"
#include "gateway/streams/stream.h"
#include "gateway/streams/stream_slot.h"

#include <algorithm>
#include <filesystem>
#include <glib.h>
#include <utility>

namespace streams {

namespace {

using namespace std::chrono_literals;
using base::Problem;

constexpr base::Milliseconds kAnswerTime = 4500ms; ///< the HTTP server gives up after 5 s
constexpr base::Milliseconds kShutdownTime = 8s;
constexpr base::Milliseconds kSlotTime = 1h;
constexpr std::size_t kStreamsPerCore = 2; ///< of 720p at 30 frames/s, decoded and encoded

const base::Error kNotLive{Problem::NotFound, "there is no such stream"};
const base::Error kStopping{Problem::Unavailable, "Spillway is stopping"};

/// Removes what a gateway that was killed has left.
base::Result<void> empty(const std::string& directory) {
    std::error_code error;
    for (const auto& entry : std::filesystem::directory_iterator(directory, error)) {
        if (entry.path().filename() != ".cache") {
            std::filesystem::remove_all(entry.path(), error);
        }
        if (error) {
            break;
        }
    }
    if (error) {
        return base::fail(Problem::Internal,
                          "the folder " + directory + " can't be emptied: " + error.message());
    }
    return {};
}

Config completed(Config config) {
    // Segments of an encoder that may fill its buffer, with what MPEG-TS adds.
    const auto media = config.video.bitrate.bitsPerSecond + config.audio.bitrate.bitsPerSecond;
    config.hls.ceiling = base::Bitrate{media * 13 / 10};
    return config;
}

} // namespace

/// What there is under one name.
struct Registry::Name {
    StreamSlot slot;
    std::unique_ptr<Stream> stream;   ///< null: none now
    std::optional<PendingOffer> next; ///< begins when `stream`, which is ending, has ended
    base::Timer timer;                ///< after `stream`: of its removal, then of the slot's
};

base::Result<std::unique_ptr<Registry>> Registry::create(Config config) {
    if (auto emptied = empty(config.runDirectory); !emptied) {
        return base::fail(emptied.error());
    }
    auto sandbox = Sandbox::prepare(config.runDirectory, config.recordingsDirectory);
    if (!sandbox) {
        return base::fail(sandbox.error());
    }
    const Ports ports(config.rtp.firstPort, config.rtp.lastPort);
    std::unique_ptr<Shared> shared(
        new Shared{completed(std::move(config)), std::move(*sandbox), ports, {}});
    return std::unique_ptr<Registry>(new Registry(std::move(shared)));
}

Registry::Registry(std::unique_ptr<Shared> shared)
    : shared_(std::move(shared)),
      pool_(std::make_unique<PipelinePool>(shared_->sandbox, shared_->config.pipeline)) {}

Registry::~Registry() {
    names_.clear();
    pool_.reset();
    [[maybe_unused]] const auto emptied = empty(shared_->config.runDirectory); // else at next start
}

void Registry::publish(Offer offer, std::function<void(base::Result<Accepted>)> done) {
    if (auto can = canTake(offer); !can) {
        base::post([done = std::move(done), error = can.error()] { done(base::fail(error)); });
        return;
    }
    auto& name = names_[offer.stream];
    if (!name) {
        name.reset(new Name{.slot = {.hls = {shared_->config.runDirectory + "/" + offer.stream,
                                             shared_->config.hls}}});
    }
    const std::string session = std::to_string(++lastSession_);
    auto deadline = base::Timer::once(
        kAnswerTime, [this, stream = offer.stream, session] { onUnanswered(stream, session); });
    PendingOffer pending{std::move(offer), session, std::move(done), std::move(deadline)};
    if (!pending.offer.replaces.empty()) {
        name->stream->replace(std::move(pending));
    } else if (name->stream) {
        name->next = std::move(pending);
    } else {
        begin(*name, std::move(pending));
    }
}

base::Result<void> Registry::canTake(const Offer& offer) const {
    if (stopping_) {
        return base::fail(kStopping);
    }
    const auto name = names_.find(offer.stream);
    const Stream* before = stream(offer.stream);
    if (!offer.replaces.empty()) {
        if (before == nullptr || before->state() != StreamState::Live ||
            before->sessions().current() != offer.replaces) {
            return base::fail(
                Problem::Conflict,
                "the session to be replaced is not the one that publishes the stream " +
                    offer.stream + ": publish without replacing it");
        }
        return {};
    }
    if (before == nullptr) {
        return hasRoom();
    }
    if (before->state() < StreamState::Ending || name->second->next) {
        return base::fail(Problem::Conflict,
                          "the stream " + offer.stream +
                              " has a publisher: choose another name, or end that one first");
    }
    return {}; // it takes the place of the one that ends
}

void Registry::begin(Name& name, PendingOffer pending) {
    const std::string stream = pending.offer.stream;
    name.timer.stop();
    name.stream =
        std::make_unique<Stream>(*shared_, *pool_, name.slot, stream, [this, &name, stream] {
            name.timer = base::Timer::once(0ms, [this, stream] { onEnded(stream); });
        });
    name.stream->start(std::move(pending));
}

/// The offer was not answered in time.
void Registry::onUnanswered(const std::string& name, const std::string& session) {
    std::optional<PendingOffer>& next = names_.at(name)->next;
    if (next && next->session == session) {
        std::exchange(next, std::nullopt)
            ->done(base::fail(Problem::Unavailable, "the stream " + name + " is still ending"));
    } else if (Stream* stream = streamOf(session)) {
        stream->onUnanswered(session);
    }
}

void Registry::onEnded(const std::string& name) {
    Name& ended = *names_.at(name);
    ended.stream.reset();
    ended.timer = base::Timer::once(kSlotTime, [this, name] { names_.erase(name); });
    if (ended.next) {
        begin(ended, *std::exchange(ended.next, std::nullopt));
    }
    finishShutdown();
}

Stream* Registry::stream(const std::string& name) const {
    const auto at = names_.find(name);
    return at != names_.end() ? at->second->stream.get() : nullptr;
}

Stream* Registry::streamOf(const std::string& session) const {
    for (const auto& [name, entry] : names_) {
        if (entry->stream && entry->stream->sessions().has(session)) {
            return entry->stream.get();
        }
    }
    return nullptr;
}

void Registry::candidate(const std::string& session, int mediaLine, const std::string& candidate) {
    if (Stream* stream = streamOf(session)) {
        stream->candidate(session, mediaLine, candidate);
    }
}

void Registry::unpublish(const std::string& session, const std::string& reason) {
    if (Stream* stream = streamOf(session)) {
        stream->leave(session, reason, EndCause::Publisher);
    }
}

std::optional<StreamInfo> Registry::find(const std::string& name) const {
    const Stream* found = stream(name);
    return found != nullptr ? std::optional(found->info()) : std::nullopt;
}

std::vector<StreamInfo> Registry::list() const {
    std::vector<StreamInfo> all;
    for (const auto& [name, entry] : names_) {
        if (entry->stream) {
            all.push_back(entry->stream->info());
        }
    }
    return all;
}

base::Result<void> Registry::remove(const std::string& name, const std::string& reason) {
    Stream* found = stream(name);
    if (found == nullptr) {
        return base::fail(kNotLive);
    }
    found->end(reason, EndCause::Removed);
    return {};
}

base::Result<OutputInfo> Registry::addReceiver(const std::string& name, const Receiver& receiver) {
    Stream* found = stream(name);
    return found != nullptr ? found->addReceiver(receiver) : base::fail(kNotLive);
}

base::Result<void> Registry::removeReceiver(const std::string& name, const std::string& id) {
    Stream* found = stream(name);
    return found != nullptr ? found->removeReceiver(id) : base::fail(kNotLive);
}

hls::Channel* Registry::hls(const std::string& name) {
    const auto at = names_.find(name);
    return at != names_.end() ? &at->second->slot.hls : nullptr;
}

Subscription Registry::subscribe(Listener listener) {
    return shared_->events.subscribe(std::move(listener));
}

base::Result<void> Registry::hasRoom() const {
    const int configured = shared_->config.streamLimit;
    const std::size_t limit = configured > 0 ? static_cast<std::size_t>(configured)
                                             : kStreamsPerCore * g_get_num_processors();
    const auto live = std::count_if(names_.begin(), names_.end(), [](const auto& entry) {
        return entry.second->stream != nullptr;
    });
    if (static_cast<std::size_t>(live) >= limit) {
        return base::fail(Problem::Unavailable,
                          "all " + std::to_string(limit) +
                              " streams that [limits] streams allows are live");
    }
    return {};
}

base::Result<void> Registry::canPublish() const {
    if (stopping_) {
        return base::fail(kStopping);
    }
    if (auto room = hasRoom(); !room) {
        return room;
    }
    return pool_->health();
}

void Registry::shutdown(std::function<void()> onDone) {
    stopping_ = true;
    onShutdown_ = std::move(onDone);
    shutdown_ = base::Timer::once(kShutdownTime, [this] { std::exchange(onShutdown_, nullptr)(); });
    for (const auto& [name, entry] : names_) {
        if (auto next = std::exchange(entry->next, std::nullopt)) {
            next->done(base::fail(kStopping));
        }
        if (entry->stream) {
            entry->stream->end(kStopping.message, EndCause::Stopping);
        }
    }
    pool_->stop([this] {
        poolStopped_ = true;
        finishShutdown();
    });
}

void Registry::finishShutdown() {
    const bool ended = std::none_of(names_.begin(), names_.end(), [](const auto& entry) {
        return entry.second->stream != nullptr;
    });
    if (onShutdown_ && poolStopped_ && ended) {
        shutdown_ = base::Timer::once(0ms, std::exchange(onShutdown_, nullptr));
    }
}

} // namespace streams
