#pragma once

#include "gateway/http/reply.h"

#include <memory>
#include <string_view>

namespace http {

/// Server-sent events to one client. Heartbeats come by themselves; a client that does not read is
/// dropped when 256 KiB wait for it. Shared with whoever sends. Thread-bound.
class EventStream {
public:
    virtual ~EventStream() = default;
    /// `event` is one word, `data` is split at newlines; ids count up by themselves.
    virtual void send(std::string_view event, std::string_view data) = 0;
    virtual void close() = 0;
    [[nodiscard]] virtual bool open() const = 0; ///< false for ever once the client is gone
};

/// Where the one answer to a request goes. Implemented by the server (and by tests).
class Exchange {
public:
    virtual ~Exchange() = default;
    virtual void answer(Reply reply) = 0;
    virtual std::shared_ptr<EventStream> startEvents() = 0;
};

/// What a handler answers through, at once or later: a handle that may be copied. The first call
/// counts; with the client gone it does nothing; never called, the server answers 503 at the
/// route's deadline. Thread-bound.
class Responder {
public:
    explicit Responder(std::shared_ptr<Exchange> exchange) : exchange_(std::move(exchange)) {}

    void send(Reply reply) const { exchange_->answer(std::move(reply)); }
    void send(const base::Error& error) const { exchange_->answer(problem(error)); }
    /// Answers 200 text/event-stream and stays open. A closed stream when it was answered before.
    [[nodiscard]] std::shared_ptr<EventStream> startEvents() const {
        return exchange_->startEvents();
    }

private:
    std::shared_ptr<Exchange> exchange_;
};

} // namespace http
