#include "gateway/streams/publishers.h"

#include <algorithm>
#include <iterator>
#include <utility>

namespace streams {

void Publishers::expect(std::string session, Answered answered) {
    incoming_.push_back({std::move(session), std::move(answered), {}, {}});
}

Publishers::Publisher* Publishers::find(const std::string& session) {
    if (session == current_.session) {
        return &current_;
    }
    const auto at = std::find_if(incoming_.begin(), incoming_.end(),
                                 [&](const Publisher& one) { return one.session == session; });
    return at != incoming_.end() ? &*at : nullptr;
}

void Publishers::answer(const std::string& session, base::Result<Accepted> result) {
    Publisher* publisher = find(session);
    if (publisher != nullptr && publisher->answered) {
        std::exchange(publisher->answered, nullptr)(std::move(result));
    }
}

void Publishers::answerAll(const base::Error& error) {
    answer(current_.session, base::fail(error));
    for (Publisher& publisher : incoming_) {
        answer(publisher.session, base::fail(error));
    }
}

bool Publishers::onTrack(const control::Track& track) {
    Publisher* publisher = find(track.session);
    if (publisher == nullptr) {
        return false;
    }
    (track.media == control::Media::Video ? publisher->video : publisher->audio) = track;
    return publisher == &current_;
}

Publishers::Change Publishers::onClosed(const control::Closed& message) {
    if (!has(message.session)) {
        return Change::None;
    }
    answer(message.session, base::fail(message.problem, message.reason));
    if (message.session != current_.session) {
        std::erase_if(incoming_,
                      [&](const Publisher& one) { return one.session == message.session; });
        return Change::Dropped;
    }
    if (incoming_.empty()) {
        return Change::Ended;
    }
    const Publisher* follower = find(message.replacedBy);
    const auto at = follower != nullptr && follower != &current_
                        ? incoming_.begin() + (follower - incoming_.data())
                        : std::prev(incoming_.end());
    current_ = std::move(*at);
    incoming_.erase(at);
    return Change::Followed;
}

bool Publishers::has(const std::string& session) const {
    return const_cast<Publishers*>(this)->find(session) != nullptr;
}

bool Publishers::alone(const std::string& session) const {
    return session == current_.session && incoming_.empty();
}

void Publishers::describe(StreamInfo& info) const {
    info.session = current_.session;
    info.incoming.clear();
    for (const Publisher& publisher : incoming_) {
        info.incoming.push_back(publisher.session);
    }
    info.video = current_.video;
    info.audio = current_.audio;
}

} // namespace streams
