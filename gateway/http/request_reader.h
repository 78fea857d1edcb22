#pragma once

#include "gateway/http/reply.h"
#include "gateway/http/request.h"
#include "pipelines/base/unique.h"

#include <array>
#include <cstddef>
#include <functional>

typedef struct _SoupServerMessage SoupServerMessage;

namespace http {

/// Reads one request through libsoup, then takes the connection away from it (steals it, in
/// libsoup's word); the answer is written by SocketWriter. That buys three things which libsoup
/// 3.2.3 does not do: a body that is refused is not read to its end, a client that reads slowly is
/// bounded in time and memory, and closing waits until the client could read the answer (lingering
/// close). Owned by a connection. Thread-bound.
class RequestReader {
public:
    struct Handlers {
        /// All but the body is there: how long the body may be, or the answer that ends it here.
        std::function<tl::expected<std::size_t, Reply>(Request& request)> onHead;
        /// Exactly one of the next three is called, once, as the last call. libsoup does not use
        /// the socket any more then.
        std::function<void()> onComplete;
        std::function<void(Reply)> onRefused;
        std::function<void()> onGone;
    };

    RequestReader(Request& into, Handlers handlers);
    RequestReader(const RequestReader&) = delete;
    RequestReader& operator=(const RequestReader&) = delete;
    ~RequestReader();

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
