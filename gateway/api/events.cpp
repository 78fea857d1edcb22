#include "gateway/api/events.h"

#include "gateway/api/json.h"

namespace api {

Events::Events(streams::Registry& registry) : registry_(registry) {
    subscription_ = registry_.subscribe([this](const streams::Event& event) { onEvent(event); });
}

void Events::addRoutes(http::Router& router, const http::Guard& viewers) {
    http::Route route;
    route.method = "GET";
    route.pattern = "/api/v1/events";
    route.handler = [this](const http::Request&, const http::Responder& responder) {
        listen(responder);
    };
    route.guard = viewers;
    router.add(std::move(route));
}

void Events::onEvent(const streams::Event& event) {
    if (const auto* stream = std::get_if<streams::StreamChanged>(&event)) {
        publish("stream", eventJson(*stream));
    } else if (const auto* output = std::get_if<streams::OutputChanged>(&event)) {
        publish("output", eventJson(*output));
    }
}

void Events::publish(std::string_view type, std::string_view json) {
    std::erase_if(listeners_, [](const auto& listener) { return !listener->open(); });
    for (const auto& listener : listeners_) {
        listener->send(type, json);
    }
}

void Events::listen(const http::Responder& responder) {
    const auto listener = responder.startEvents();
    for (const streams::StreamInfo& stream : registry_.list()) {
        listener->send("stream", eventJson(streams::StreamChanged{stream, ""}));
    }
    listeners_.push_back(listener);
}

} // namespace api
