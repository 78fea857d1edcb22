#pragma once

#include "gateway/http/responder.h"
#include "pipelines/base/loop.h"

#include <cstdint>
#include <string>

namespace http {

class SocketWriter;

/// text/event-stream on a connection. Shared by the connection, which detaches it when the client
/// is gone, and by whoever sends. Thread-bound.
class SocketEvents final : public EventStream {
public:
    /// More than this waiting for a client means that it does not read.
    static constexpr std::size_t kLargestQueue = 256 * 1024;

    /// `writer` null = a stream that is closed from the start.
    explicit SocketEvents(SocketWriter* writer);

    void send(std::string_view event, std::string_view data) override;
    void close() override;
    [[nodiscard]] bool open() const override { return writer_ != nullptr; }

    /// The writer is about to go.
    void detach();

private:
    void write(std::string text);

    SocketWriter* writer_;
    std::uint64_t nextId_ = 1;
    base::Timer heartbeat_;
};

} // namespace http
