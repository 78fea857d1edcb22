#include "publication.h"

#include <map>

using namespace std::chrono_literals;

const publisher::Media& mediaFor(Sends what) {
    static std::map<Sends, publisher::Media> loaded;
    if (const auto known = loaded.find(what); known != loaded.end()) {
        return known->second;
    }
    gst_init(nullptr, nullptr);
    const bool vp8 = what == Sends::Vp8 || what == Sends::Vp8WithoutSound;
    const bool sound = what != Sends::Vp8WithoutSound && what != Sends::H264WithoutSound;
    const char* file = vp8                        ? "/vp8.webm"
                       : what == Sends::SmallH264 ? "/h264-small.mkv"
                                                  : "/h264.mkv";
    auto media = publisher::loadMedia(std::string(SPILLWAY_TEST_MEDIA) + file, sound);
    if (!media) {
        FAIL(media.error().message);
    }
    return loaded.emplace(what, std::move(*media)).first->second;
}

Publication::Publication(PipelineProcess& process, Sends what, std::string session)
    : process_(process), media_(mediaFor(what)), session_(std::move(session)) {
    auto peer = publisher::SendingPeer::create(
        media_,
        {[this] {
             if (!std::exchange(connected_, true)) {
                 feeder_.emplace(media_, true,
                                 publisher::Feeder::Handlers{
                                     [this](const publisher::AccessUnit& unit,
                                            base::Nanoseconds at) { peer_->push(unit, at); },
                                     [] {}});
             }
         },
         [this](const std::string& reason) { lost_ = reason; }});
    REQUIRE(peer.has_value());
    peer_ = std::move(*peer);
    auto offer = peer_->offer();
    REQUIRE(offer.has_value());
    offer_ = std::move(*offer);
}

void Publication::publish(const std::string& replaces) {
    control::Publish message;
    message.session = session_;
    message.stream = "demo";
    message.offer = offer_;
    message.video.preset = "ultrafast"; // a busy machine must not lose pictures
    message.loopback = true;
    message.replaces = replaces;
    process_.send(message);
}

control::Answer Publication::connect() {
    const auto answer = process_.await<control::Answer>(
        5s, [this](const control::Answer& each) { return each.session == session_; });
    INFO(process_.transcript());
    REQUIRE_FALSE(answer.error);
    REQUIRE(peer_->accept(answer.description).has_value());
    return answer;
}

control::Live Publication::goLive() {
    publish();
    connect();
    return process_.await<control::Live>(10s);
}
