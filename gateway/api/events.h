#pragma once

#include "gateway/http/router.h"
#include "gateway/streams/registry.h"

#include <list>
#include <memory>
#include <string>
#include <string_view>

namespace api {

/// GET /api/v1/events: every change, told to whoever listens; first what there is. Owned by main,
/// outlived by the registry. Thread-bound.
class Events {
public:
    explicit Events(streams::Registry& registry);
    Events(const Events&) = delete;
    Events& operator=(const Events&) = delete;

    void addRoutes(http::Router& router, const http::Guard& viewers);
    /// For what is not a stream's: `json` is one object.
    void publish(std::string_view type, std::string_view json);

private:
    void onEvent(const streams::Event& event);
    void listen(const http::Responder& responder);

    streams::Registry& registry_;
    streams::Subscription subscription_;
    std::list<std::shared_ptr<http::EventStream>> listeners_;
};

} // namespace api
