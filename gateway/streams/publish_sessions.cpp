#include "gateway/streams/publish_sessions.h"

#include <algorithm>
#include <iterator>
#include <utility>

namespace streams {

void PublishSessions::add(PendingOffer pending) {
    sessions_.push_back(
        {std::move(pending.session), std::move(pending.done), std::move(pending.deadline), {}, {}});
}

std::vector<PublishSessions::Session>::iterator PublishSessions::find(const std::string& session) {
    return std::find_if(sessions_.begin(), sessions_.end(),
                        [&](const Session& one) { return one.id == session; });
}

void PublishSessions::answer(const std::string& session, base::Result<Accepted> result) {
    const auto at = find(session);
    if (at != sessions_.end() && at->done) {
        at->deadline.stop();
        std::exchange(at->done, nullptr)(std::move(result));
    }
}

void PublishSessions::answerAll(const base::Error& error) {
    for (const Session& session : sessions_) {
        answer(session.id, base::fail(error));
    }
}

bool PublishSessions::onTrack(const control::Track& track) {
    const auto at = find(track.session);
    if (at == sessions_.end()) {
        return false;
    }
    (track.media == control::Media::Video ? at->video : at->audio) = track;
    return at == sessions_.begin();
}

PublishSessions::Change PublishSessions::onClosed(const control::Closed& message) {
    const auto closed = find(message.session);
    if (closed == sessions_.end()) {
        return Change::None;
    }
    answer(message.session, base::fail(message.problem, message.reason));
    if (closed != sessions_.begin()) {
        sessions_.erase(closed);
        return Change::Dropped;
    }
    if (sessions_.size() == 1) {
        return Change::Ended;
    }
    auto follower = find(message.replacedBy);
    if (follower == sessions_.end() || follower == closed) {
        follower = std::prev(sessions_.end());
    }
    *closed = std::move(*follower);
    sessions_.erase(follower);
    return Change::Followed;
}

bool PublishSessions::has(const std::string& session) const {
    return std::any_of(sessions_.begin(), sessions_.end(),
                       [&](const Session& one) { return one.id == session; });
}

bool PublishSessions::alone(const std::string& session) const {
    return session == current() && sessions_.size() == 1;
}

void PublishSessions::describe(StreamInfo& info) const {
    info.session = current();
    info.incoming.clear();
    for (auto incoming = std::next(sessions_.begin()); incoming != sessions_.end(); ++incoming) {
        info.incoming.push_back(incoming->id);
    }
    info.video = sessions_.front().video;
    info.audio = sessions_.front().audio;
}

} // namespace streams
