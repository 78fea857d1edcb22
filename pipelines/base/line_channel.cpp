#include "pipelines/base/line_channel.h"

#include "pipelines/base/loop.h"

#include <array>
#include <cerrno>
#include <cstring>
#include <glib-unix.h>
#include <sys/socket.h>

namespace base {

namespace {

bool wouldBlock(int error) {
    return error == EAGAIN || error == EWOULDBLOCK;
}

/// A socket whose peer is gone must not raise SIGPIPE; a pipe can't be asked that way.
ssize_t writeOnce(int fd, const char* data, std::size_t size) {
    const ssize_t sent = ::send(fd, data, size, MSG_NOSIGNAL);
    return sent < 0 && errno == ENOTSOCK ? ::write(fd, data, size) : sent;
}

} // namespace

std::unique_ptr<LineChannel> LineChannel::open(UniqueFd in, UniqueFd out, Handlers handlers) {
    return std::unique_ptr<LineChannel>(
        new LineChannel(std::move(in), std::move(out), std::move(handlers)));
}

LineChannel::LineChannel(UniqueFd in, UniqueFd out, Handlers handlers)
    : in_(std::move(in)), out_(std::move(out)), handlers_(std::move(handlers)) {
    g_unix_set_fd_nonblocking(in_.get(), TRUE, nullptr);
    g_unix_set_fd_nonblocking(outFd(), TRUE, nullptr);
    readSource_ = g_unix_fd_add(
        in_.get(), static_cast<GIOCondition>(G_IO_IN | G_IO_HUP | G_IO_ERR),
        [](gint fd, GIOCondition condition, gpointer self) noexcept -> gboolean {
            return onReadable(fd, condition, self);
        },
        this);
}

LineChannel::~LineChannel() {
    *alive_ = false;
    if (readSource_ != 0) {
        g_source_remove(readSource_);
    }
    if (writeSource_ != 0) {
        g_source_remove(writeSource_);
    }
}

int LineChannel::onReadable(int, int, void* self) noexcept {
    auto* channel = static_cast<LineChannel*>(self);
    const std::shared_ptr<bool> alive = channel->alive_;
    channel->readSome();
    return *alive && channel->readSource_ != 0 ? G_SOURCE_CONTINUE : G_SOURCE_REMOVE;
}

int LineChannel::onWritable(int, int, void* self) noexcept {
    auto* channel = static_cast<LineChannel*>(self);
    channel->writeSome();
    if (channel->pending_.empty() || channel->closed_) {
        channel->writeSource_ = 0;
        return G_SOURCE_REMOVE;
    }
    return G_SOURCE_CONTINUE;
}

void LineChannel::readSome() {
    std::array<char, 64 * 1024> block{};
    const ssize_t got = ::read(in_.get(), block.data(), block.size());
    if (got < 0) {
        if (!wouldBlock(errno) && errno != EINTR) {
            close(Error{Problem::PeerLost, std::string("read failed: ") + std::strerror(errno)});
        }
        return;
    }
    if (got == 0) {
        close(Error{Problem::PeerLost, "the other side closed the connection"});
        return;
    }
    received_.append(block.data(), static_cast<std::size_t>(got));
    if (takeLines() && received_.size() > kLongestLine) {
        close(Error{Problem::TooLarge, "a line is longer than 1 MiB"});
    }
}

/// False when a handler destroyed or closed this channel.
bool LineChannel::takeLines() {
    const std::shared_ptr<bool> alive = alive_;
    const auto onLine = handlers_.onLine; // it may destroy this channel
    std::string batch = std::move(received_);
    received_.clear();
    std::size_t start = 0;
    for (std::size_t end = batch.find('\n'); end != std::string::npos;
         end = batch.find('\n', start)) {
        const std::string_view line(batch.data() + start, end - start);
        start = end + 1;
        if (line.size() > kLongestLine || !g_utf8_validate_len(line.data(), line.size(), nullptr)) {
            close(Error{Problem::Malformed, "a line is not valid UTF-8 of at most 1 MiB"});
            return false;
        }
        if (!line.empty()) {
            onLine(line);
        }
        if (!*alive || closed_) {
            return false;
        }
    }
    received_ = batch.substr(start);
    return true;
}

void LineChannel::send(std::string_view line) {
    if (closed_ || writeFailed_) {
        return;
    }
    if (queued_ + line.size() + 1 > kLargestQueue) {
        close(Error{Problem::PeerLost, "the other side does not read: 4 MiB are waiting"});
        return;
    }
    pending_.emplace_back(std::string(line) + '\n');
    queued_ += line.size() + 1;
    if (writeSource_ == 0) {
        writeSome();
    }
    if (!pending_.empty() && writeSource_ == 0 && !closed_) {
        writeSource_ = g_unix_fd_add(
            outFd(), static_cast<GIOCondition>(G_IO_OUT | G_IO_HUP | G_IO_ERR),
            [](gint fd, GIOCondition condition, gpointer self) noexcept -> gboolean {
                return onWritable(fd, condition, self);
            },
            this);
    }
}

void LineChannel::writeSome() {
    while (!pending_.empty()) {
        const std::string& line = pending_.front();
        const ssize_t sent = writeOnce(outFd(), line.data() + written_, line.size() - written_);
        if (sent < 0) {
            if (!wouldBlock(errno) && errno != EINTR) {
                // What the peer said before it went is still to be read: the end comes from there.
                pending_.clear();
                queued_ = written_ = 0;
                writeFailed_ = true;
            }
            return;
        }
        written_ += static_cast<std::size_t>(sent);
        queued_ -= static_cast<std::size_t>(sent);
        if (written_ == line.size()) {
            pending_.pop_front();
            written_ = 0;
        }
    }
}

/// The handler is called from the loop, never from inside send(): its owner may be in the middle of
/// something.
void LineChannel::close(Error reason) {
    if (closed_) {
        return;
    }
    closed_ = true;
    if (readSource_ != 0) {
        g_source_remove(std::exchange(readSource_, 0));
    }
    post([this, alive = alive_, reason = std::move(reason)] {
        if (*alive) {
            const auto onClosed = handlers_.onClosed; // it may destroy this channel
            onClosed(reason);
        }
    });
}

} // namespace base
