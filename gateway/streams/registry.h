#pragma once

#include "gateway/streams/config.h"
#include "gateway/streams/events.h"
#include "pipelines/base/loop.h"
#include "pipelines/base/result.h"

#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace hls {
class Channel;
}

namespace streams {

struct PendingOffer;
class PipelinePool;
struct Shared;
class Stream;

/// A checked offer for a stream.
struct Offer {
    std::string stream;      ///< a validName
    std::string description; ///< as sdp::PublishOffer accepted it
    bool loopback = false;   ///< the publisher is on this machine
    std::string replaces;    ///< the session whose place it is to take; empty: none
    std::vector<std::string>
        relays; ///< for the pipeline's own use, as control::IceSettings has them
};
struct Accepted {
    std::string session;     ///< names the publisher in candidate() and unpublish()
    std::string description; ///< the pipeline's answer, all candidates in it
};

/// A receiver that is added while the stream is live.
struct Receiver {
    OutputType type = OutputType::Rtp; ///< Rtp or Ts
    std::string host;
    int port = 0; ///< rtp: of the video; the audio goes to port + 2
};

/// All streams by name, and the pipeline processes that carry them. Owned by main. Thread-bound.
class Registry {
public:
    /// Empties the run directory and starts the spare process. Fails when a folder can't be used.
    static base::Result<std::unique_ptr<Registry>> create(Config config);
    Registry(const Registry&) = delete;
    Registry& operator=(const Registry&) = delete;
    ~Registry();

    /// Takes a publisher; `done` is called once, later, within 4.5 s. Fails with Conflict when the
    /// name is live, or the session that is to be replaced is not its current one, Unavailable when
    /// it may work later, Unprocessable when the pipeline can't use the offer.
    void publish(Offer offer, std::function<void(base::Result<Accepted>)> done);
    /// Ignored for a session that is no more.
    void candidate(const std::string& session, int mediaLine, const std::string& candidate);
    /// Ends a session, and its stream when no other is to take its place.
    void unpublish(const std::string& session, const std::string& reason);

    [[nodiscard]] std::optional<StreamInfo> find(const std::string& name) const;
    [[nodiscard]] std::vector<StreamInfo> list() const;
    base::Result<void> remove(const std::string& name, const std::string& reason);

    base::Result<OutputInfo> addReceiver(const std::string& name, const Receiver& receiver);
    base::Result<void> removeReceiver(const std::string& name, const std::string& id);

    /// The HLS playlists of a stream, also for a while after its end; null when there are none.
    [[nodiscard]] hls::Channel* hls(const std::string& name);

    [[nodiscard]] Subscription subscribe(Listener listener);
    /// Why no publisher can be taken now.
    [[nodiscard]] base::Result<void> canPublish() const;
    /// Ends all streams and processes; `onDone` is called once, later, within 8 s.
    void shutdown(std::function<void()> onDone);

private:
    struct Name;

    explicit Registry(std::unique_ptr<Shared> shared);
    [[nodiscard]] base::Result<void> canTake(const Offer& offer) const;
    [[nodiscard]] base::Result<void> hasRoom() const;
    void begin(Name& name, PendingOffer pending);
    void onUnanswered(const std::string& name, const std::string& session);
    void onEnded(const std::string& name);
    [[nodiscard]] Stream* stream(const std::string& name) const;
    [[nodiscard]] Stream* streamOf(const std::string& session) const;
    void finishShutdown();

    std::unique_ptr<Shared> shared_;
    std::unique_ptr<PipelinePool> pool_;
    std::map<std::string, std::unique_ptr<Name>> names_;
    int lastSession_ = 0;
    bool stopping_ = false;
    bool poolStopped_ = false;
    std::function<void()> onShutdown_;
    base::Timer shutdown_; ///< its deadline, then its end
};

} // namespace streams
