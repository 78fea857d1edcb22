#pragma once

#include "gateway/streams/registry.h"
#include "pipelines/base/loop.h"
#include "pipelines/control/from_pipeline.h"

#include <functional>
#include <optional>
#include <string>
#include <vector>

namespace streams {

/// An offer that is not answered yet.
struct PendingOffer {
    Offer offer;
    std::string session; ///< names the publisher from here on
    std::function<void(base::Result<Accepted>)> done;
    base::Timer deadline; ///< of the answer
};

/// The session that publishes a stream and, for a while, one that is to take its place: what each
/// sends and who waits for its answer. When one follows the other, and which, is the pipeline's
/// decision: a session is here until the pipeline says that it is closed. Owned by its stream.
/// Thread-bound.
class PublishSessions {
public:
    enum class Change {
        None,
        Dropped,  ///< one that was to take the current one's place is no more
        Followed, ///< such a one is the current one now
        Ended,    ///< the current one is no more, and there is no other
    };

    /// The first one publishes; each further one is to take the current one's place.
    void add(PendingOffer pending);
    /// Later answers, and answers to sessions that are not here, change nothing.
    void answer(const std::string& session, base::Result<Accepted> result);
    void answerAll(const base::Error& error);
    /// False when it is not the current session's.
    bool onTrack(const control::Track& track);
    Change onClosed(const control::Closed& message);

    [[nodiscard]] bool has(const std::string& session) const;
    /// This one and no other.
    [[nodiscard]] bool alone(const std::string& session) const;
    [[nodiscard]] const std::string& current() const { return sessions_.front().id; }
    void describe(StreamInfo& info) const;

private:
    struct Session {
        std::string id;
        std::function<void(base::Result<Accepted>)> done; ///< empty: answered
        base::Timer deadline;                             ///< of the answer
        std::optional<control::Track> video;
        std::optional<control::Track> audio;
    };

    std::vector<Session>::iterator find(const std::string& session);

    /// The current one, then those that are to take its place: the last one is meant, those before
    /// it are about to close. Never empty once the first was added.
    std::vector<Session> sessions_;
};

} // namespace streams
