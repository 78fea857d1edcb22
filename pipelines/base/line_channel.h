#pragma once

#include "pipelines/base/result.h"
#include "pipelines/base/unique.h"

#include <cstddef>
#include <deque>
#include <functional>
#include <memory>
#include <string>
#include <string_view>

namespace base {

/// Newline-delimited text over descriptors, both ways, without ever blocking: reads up to whole
/// lines of valid UTF-8, writes through a bounded queue. Owned by whoever speaks the protocol.
/// Thread-bound.
class LineChannel {
public:
    static constexpr std::size_t kLongestLine = 1024 * 1024;
    static constexpr std::size_t kLargestQueue = 4 * 1024 * 1024;

    struct Handlers {
        std::function<void(std::string_view line)> onLine; ///< without the newline
        /// Once, after the last line: the peer closed, broke the framing or does not read.
        std::function<void(const Error& reason)> onClosed;
    };

    /// Takes both descriptors (`out` may be a duplicate of `in`, or empty when `in` is a socket
    /// that is also written to) and makes them non-blocking. Handlers run from the main loop only.
    static std::unique_ptr<LineChannel> open(UniqueFd in, UniqueFd out, Handlers handlers);

    LineChannel(const LineChannel&) = delete;
    LineChannel& operator=(const LineChannel&) = delete;
    ~LineChannel();

    /// Queues one line (no newline inside). A full queue counts as a lost peer: onClosed follows,
    /// later. Ignored after that.
    void send(std::string_view line);
    /// Bytes that wait to be written; a sender of unimportant lines looks here first.
    [[nodiscard]] std::size_t queued() const { return queued_; }
    [[nodiscard]] bool closed() const { return closed_; }

private:
    LineChannel(UniqueFd in, UniqueFd out, Handlers handlers);

    static int onReadable(int fd, int condition, void* self) noexcept;
    static int onWritable(int fd, int condition, void* self) noexcept;
    void readSome();
    bool takeLines();
    void writeSome();
    void close(Error reason);
    [[nodiscard]] int outFd() const { return out_ ? out_.get() : in_.get(); }

    UniqueFd in_;
    UniqueFd out_;
    Handlers handlers_;
    std::string received_;
    std::deque<std::string> pending_;
    std::size_t written_ = 0; ///< bytes of pending_.front() that went out
    std::size_t queued_ = 0;
    unsigned readSource_ = 0;
    unsigned writeSource_ = 0;
    bool writeFailed_ = false;
    bool closed_ = false;
    std::shared_ptr<bool> alive_ = std::make_shared<bool>(true);
};

} // namespace base
