#pragma once

#include "gateway/streams/heritage.h"
#include "gateway/streams/pipeline_pool.h"
#include "gateway/streams/registry.h"
#include "gateway/streams/stream.h"

#include <map>

namespace streams {

/// What the registry is made of.
class Registry::Impl {
public:
    using Done = std::function<void(base::Result<Accepted>)>;

    Impl(Config config, Sandbox sandbox);

    void publish(Offer offer, Done done);
    void replace(const Offer& offer, Done done);
    base::Result<void> canTake() const;
    Stream* find(const std::string& name) const;
    Stream* findSession(const std::string& session) const;
    void shutdown(std::function<void()> onDone);

    Config config_;
    Sandbox sandbox_;
    Destinations destinations_;
    Ports ports_;
    Events events_;
    Shared shared_;
    PipelinePool pool_;
    std::map<std::string, std::unique_ptr<Heritage>> heritages_;
    std::map<std::string, std::unique_ptr<Stream>> streams_;

private:
    /// A publisher that waits for its answer, at first perhaps for the end of its name's last
    /// stream.
    struct Pending {
        Offer offer;
        Done done;
        base::Timer deadline;
    };
    using Pendings = std::map<std::string, std::shared_ptr<Pending>>;

    void begin(const std::shared_ptr<Pending>& pending);
    base::Result<Stream*> streamToReplaceIn(const Offer& offer) const;
    void onDeadline(const std::shared_ptr<Pending>& pending);
    void onEnded(const std::string& name);
    void finishShutdown();
    Heritage& heritageOf(const std::string& name);
    std::size_t limit() const;

    Pendings queued_; ///< for the end of an earlier stream, by its name
    int lastNumber_ = 0;
    std::function<void()> onShutdown_;
    base::Timer shutdownDeadline_;
    bool stopping_ = false;
    bool poolStopped_ = false;
    std::shared_ptr<bool> alive_ = std::make_shared<bool>(true);
};

} // namespace streams
