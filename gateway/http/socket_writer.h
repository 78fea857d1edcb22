#pragma once

#include "pipelines/base/units.h"

#include <cstddef>
#include <cstdint>
#include <deque>
#include <functional>
#include <memory>
#include <string>

namespace http {

/// The bytes that go to one socket: queued, written as it takes them, and at the end closed so that
/// the client can read all of it. Owned by a connection; does not own the socket. Thread-bound.
class SocketWriter {
public:
    struct Handlers {
        std::function<void()> onRoom; ///< nothing is queued any more; more may be written
        std::function<void()>
            onDone; ///< once, the last call, later: all sent, or the client is gone
    };

    SocketWriter(int socket, base::Milliseconds idleLimit, Handlers handlers);
    SocketWriter(const SocketWriter&) = delete;
    SocketWriter& operator=(const SocketWriter&) = delete;
    ~SocketWriter();

    void write(std::string bytes);
    /// Ends what was written: then the sending side is closed, and what the client still sends is
    /// read away for a moment, since closing on unread bytes would take the answer from it.
    void finish();
    /// As if the client had gone.
    void abandon();
    /// The client's end of stream counts as leaving: for answers without an end.
    void watchLeaving();

    [[nodiscard]] std::size_t queued() const { return queued_; }
    [[nodiscard]] bool lingering() const { return phase_ == Phase::Lingering; }
    /// Gives up on a client that takes nothing; called about once a second with the monotonic time.
    void checkProgress(std::int64_t now);

private:
    enum class Phase { Sending, Finishing, Lingering, Done };

    static int onReady(int socket, unsigned condition, void* self) noexcept;
    void run(unsigned condition);
    bool sendSome(); ///< false when the socket is lost
    bool readAway(); ///< false at the client's end of stream
    void linger();
    void watch(unsigned condition);

    int socket_;
    std::int64_t idleLimit_; ///< microseconds
    Handlers handlers_;
    std::deque<std::string> pending_;
    std::size_t sent_ = 0; ///< bytes of pending_.front() that are out
    std::size_t queued_ = 0;
    std::int64_t lastProgress_;
    Phase phase_ = Phase::Sending;
    unsigned source_ = 0;
    unsigned watched_ = 0;
    std::shared_ptr<bool> alive_ = std::make_shared<bool>(true);
};

} // namespace http
