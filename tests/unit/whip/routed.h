#pragma once

#include "gateway/http/router.h"
#include "tests/support/run_until.h"

#include <catch2/catch.hpp>
#include <optional>
#include <utility>
#include <vector>

/// Requests straight through a router, without a server.
namespace routed {

class Events final : public http::EventStream {
public:
    void send(std::string_view event, std::string_view data) override {
        sent.emplace_back(event, data);
    }
    void close() override { isOpen = false; }
    [[nodiscard]] bool open() const override { return isOpen; }

    std::vector<std::pair<std::string, std::string>> sent;
    bool isOpen = true;
};

class Exchange final : public http::Exchange {
public:
    void answer(http::Reply given) override {
        if (!reply) {
            reply = std::move(given);
        }
    }
    std::shared_ptr<http::EventStream> startEvents() override {
        return events = std::make_shared<Events>();
    }

    std::optional<http::Reply> reply;
    std::shared_ptr<Events> events;
};

inline http::Request request(const std::string& method, const std::string& target,
                             std::map<std::string, std::string> headers = {},
                             std::string body = {}) {
    http::Request made;
    made.method = method;
    made.path = target.substr(0, target.find('?'));
    for (auto mark = target.find('?'); mark != std::string::npos;) {
        const auto next = target.find('&', mark + 1);
        const auto equals = target.find('=', mark);
        made.query[target.substr(mark + 1, equals - mark - 1)] =
            target.substr(equals + 1, next - equals - 1);
        mark = next;
    }
    made.headers = std::move(headers);
    made.body = std::move(body);
    made.loopback = true;
    made.client = "127.0.0.1";
    return made;
}

/// Waits for the answer.
inline http::Reply ask(const http::Router& router, http::Request made) {
    const auto exchange = std::make_shared<Exchange>();
    router.handle(std::move(made), http::Responder(exchange));
    REQUIRE(support::runUntil([&] { return exchange->reply.has_value(); },
                              std::chrono::milliseconds(4900)));
    return *exchange->reply;
}

inline std::string textOf(const http::Reply& reply) {
    const auto* text = std::get_if<std::string>(&reply.body);
    return text != nullptr ? *text : "";
}

inline std::string header(const http::Reply& reply, const char* name) {
    const std::string* value = reply.header(name);
    return value != nullptr ? *value : "";
}

} // namespace routed
