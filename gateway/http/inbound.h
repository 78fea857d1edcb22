#pragma once

#include "gateway/http/reply.h"
#include "gateway/http/request.h"
#include "pipelines/base/unique.h"

#include <array>
#include <cstddef>
#include <functional>

typedef struct _SoupServerMessage SoupServerMessage;

namespace http {

/// Reads one request through libsoup, then takes the socket away from it: what we answer we write
/// ourselves, so that a refusal need not swallow the rest of a body. Owned by a connection.
/// Thread-bound.
class Inbound {
public:
    struct Handlers {
        /// All but the body is there: how long the body may be, or the answer that ends it here.
        std::function<tl::expected<std::size_t, Reply>(Request& request)> onHead;
        /// One of the next three, once and last, and libsoup has let go of the socket.
        std::function<void()> onComplete;
        std::function<void(Reply)> onRefused;
        std::function<void()> onGone;
    };

    Inbound(Request& into, Handlers handlers);
    Inbound(const Inbound&) = delete;
    Inbound& operator=(const Inbound&) = delete;
    ~Inbound();

    /// The message libsoup has made for this connection.
    void attach(SoupServerMessage* message);
    /// Ends the reading with an answer, at a deadline. False when not even the head is there: then
    /// nothing is called.
    bool refuse(Reply reply);

private:
    enum class Phase { Waiting, Head, Body, Done };

    static void onGotHeaders(SoupServerMessage* message, void* self) noexcept;
    static void onGotChunk(SoupServerMessage* message, GBytes* chunk, void* self) noexcept;
    static void onGotBody(SoupServerMessage* message, void* self) noexcept;
    static void onDisconnected(SoupServerMessage* message, void* self) noexcept;

    base::Result<void> readHead();
    void takeHead();
    void takeChunk(GBytes* chunk);
    void refuseWith(Reply reply);
    void release();
    void forget();

    Request& request_;
    Handlers handlers_;
    base::Object<SoupServerMessage> message_;
    std::array<unsigned long, 4> signals_{};
    std::size_t bodyLimit_ = 0;
    Phase phase_ = Phase::Waiting;
};

} // namespace http
