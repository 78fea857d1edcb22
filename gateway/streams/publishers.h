#pragma once

#include "gateway/streams/registry.h"
#include "pipelines/base/loop.h"
#include "pipelines/control/from_pipeline.h"

#include <functional>
#include <optional>
#include <string>
#include <vector>

namespace streams {

/// The session that publishes a stream and, for a while, one that is to take its place: what each
/// sends and who waits for its answer. When one follows the other, and which, is the pipeline's
/// decision: a session is here until the pipeline says that it is closed. Owned by its stream.
/// Thread-bound.
class Publishers {
public:
    using Answered = std::function<void(base::Result<Accepted>)>;
    enum class Change {
        None,
        Dropped,  ///< one that was to take the current one's place is no more
        Followed, ///< such a one is the current one now
        Ended,    ///< the current one is no more, and there is no other
    };

    /// The first one.
    explicit Publishers(std::string session) : current_{std::move(session)} {}

    void await(Answered answered) { current_.answered = std::move(answered); }
    /// To take the current one's place.
    void expect(std::string session, Answered answered);

    /// Later answers, and answers to sessions that are not here, change nothing.
    void answer(const std::string& session, base::Result<Accepted> result);
    void answerAll(const base::Error& error);
    /// False when it is not the current session's.
    bool onTrack(const control::Track& track);
    Change onClosed(const control::Closed& message);

    [[nodiscard]] bool has(const std::string& session) const;
    /// This one and no other.
    [[nodiscard]] bool alone(const std::string& session) const;
    [[nodiscard]] const std::string& current() const { return current_.session; }
    void describe(StreamInfo& info) const;

private:
    struct Publisher {
        std::string session;
        Answered answered;
        std::optional<control::Track> video;
        std::optional<control::Track> audio;
    };

    Publisher* find(const std::string& session);

    Publisher current_;
    std::vector<Publisher> incoming_; ///< the last one is meant; those before are about to close
};

} // namespace streams
