#pragma once

#include "gateway/http/request_reader.h"
#include "gateway/http/responder.h"
#include "gateway/http/router.h"
#include "gateway/http/server.h"
#include "pipelines/base/loop.h"
#include "pipelines/base/unique.h"

#include <cstdint>
#include <functional>
#include <memory>

typedef struct _GSocketConnection GSocketConnection;

namespace http {

class FilePump;
struct FileFacts;
class SocketWriter;
class SocketEvents;

/// One client, one request, one answer. Held by the server until it is over, and by the responders
/// of its request, for which it does nothing any more then. Thread-bound.
class Connection final : public Exchange, public std::enable_shared_from_this<Connection> {
public:
    /// What connections need of their server; shared, since a few outlive it by a moment.
    struct Surroundings {
        ServerConfig config;
        Router router;
        std::function<void(Connection&)> onOver; ///< later, once; empty when the server is gone
    };

    Connection(base::Object<GSocketConnection> socket,
               std::shared_ptr<const Surroundings> surroundings);
    ~Connection() override;

    void answer(Reply reply) override;
    std::shared_ptr<EventStream> startEvents() override;

    [[nodiscard]] RequestReader& reader() { return *reader_; }
    [[nodiscard]] GSocketConnection* socket() const { return socket_.get(); }
    /// True while closing this one to make room costs its client nothing but a new request.
    [[nodiscard]] bool dispensable() const;
    /// Looks at the deadlines of reading and sending.
    void check(std::int64_t now);
    /// Closes at once, without a word.
    void close();
    /// close(), and nothing is called back any more: the server goes.
    void drop();

private:
    enum class Phase { Reading, Handling, Answering, Over };

    tl::expected<std::size_t, Reply> considerHead(Request& request);
    void readAddresses();
    void beginAnswering();
    void handle();
    void answerFile(Reply reply);
    void sendFile(Reply reply, const FileFacts& facts);
    void sendWhole(Reply reply);
    void over();
    void letGo();
    [[nodiscard]] int descriptor() const;

    base::Object<GSocketConnection> socket_;
    std::shared_ptr<const Surroundings> surroundings_;
    Request request_;
    Router::Match match_;
    std::unique_ptr<RequestReader> reader_;
    std::unique_ptr<SocketWriter> writer_;
    std::shared_ptr<FilePump> pump_;
    std::shared_ptr<SocketEvents> events_;
    base::Timer deadline_; ///< of the handler
    std::int64_t readUntil_;
    Phase phase_ = Phase::Reading;
};

} // namespace http
