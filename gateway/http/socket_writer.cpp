#include "gateway/http/socket_writer.h"

#include "pipelines/base/loop.h"

#include <array>
#include <cerrno>
#include <glib-unix.h>
#include <sys/socket.h>
#include <utility>

namespace http {

namespace {

/// A client that has got its answer closes at once; one that does not is not waited for.
constexpr std::int64_t kLongestLinger = 2 * G_USEC_PER_SEC;

constexpr unsigned kLost = G_IO_HUP | G_IO_ERR;

bool wouldBlock(int error) {
    return error == EAGAIN || error == EWOULDBLOCK || error == EINTR;
}

} // namespace

SocketWriter::SocketWriter(int socket, base::Milliseconds idleLimit, Handlers handlers)
    : socket_(socket), idleLimit_(idleLimit.count() * 1000), handlers_(std::move(handlers)),
      lastProgress_(g_get_monotonic_time()) {
    watch(kLost);
}

SocketWriter::~SocketWriter() {
    *alive_ = false;
    watch(0);
}

void SocketWriter::watch(unsigned condition) {
    if (condition == watched_) {
        return;
    }
    if (source_ != 0) {
        g_source_remove(std::exchange(source_, 0));
    }
    watched_ = condition;
    if (condition != 0) {
        source_ = g_unix_fd_add(
            socket_, static_cast<GIOCondition>(condition),
            [](gint socket, GIOCondition ready, gpointer self) noexcept -> gboolean {
                return onReady(socket, ready, self);
            },
            this);
    }
}

int SocketWriter::onReady(int, unsigned condition, void* self) noexcept {
    static_cast<SocketWriter*>(self)->run(condition);
    return G_SOURCE_CONTINUE; // a source that was removed meanwhile does not mind
}

void SocketWriter::write(std::string bytes) {
    if (phase_ != Phase::Sending || bytes.empty()) {
        return;
    }
    if (pending_.empty()) {
        lastProgress_ = g_get_monotonic_time();
    }
    queued_ += bytes.size();
    pending_.push_back(std::move(bytes));
    watch(watched_ | G_IO_OUT);
}

void SocketWriter::finish() {
    if (phase_ == Phase::Sending) {
        phase_ = Phase::Finishing;
        watch(watched_ | G_IO_OUT);
    }
}

void SocketWriter::watchLeaving() {
    watch(watched_ | G_IO_IN);
}

void SocketWriter::abandon() {
    if (phase_ == Phase::Done) {
        return;
    }
    phase_ = Phase::Done;
    watch(0);
    pending_.clear();
    queued_ = sent_ = 0;
    base::post([this, alive = alive_] {
        if (*alive) {
            const auto onDone = handlers_.onDone; // it destroys this writer
            onDone();
        }
    });
}

void SocketWriter::run(unsigned condition) {
    if ((condition & kLost) != 0 || ((condition & G_IO_IN) != 0 && !readAway())) {
        abandon();
        return;
    }
    if ((condition & G_IO_OUT) == 0) {
        return;
    }
    if (!sendSome()) {
        abandon();
    } else if (pending_.empty() && phase_ == Phase::Finishing) {
        linger();
    } else if (pending_.empty()) {
        watch(watched_ & ~static_cast<unsigned>(G_IO_OUT));
        if (handlers_.onRoom) {
            handlers_.onRoom();
        }
    }
}

bool SocketWriter::sendSome() {
    while (!pending_.empty()) {
        const std::string& bytes = pending_.front();
        const ssize_t went = ::send(socket_, bytes.data() + sent_, bytes.size() - sent_,
                                    MSG_NOSIGNAL | MSG_DONTWAIT);
        if (went < 0) {
            return wouldBlock(errno);
        }
        lastProgress_ = g_get_monotonic_time();
        sent_ += static_cast<std::size_t>(went);
        queued_ -= static_cast<std::size_t>(went);
        if (sent_ == bytes.size()) {
            pending_.pop_front();
            sent_ = 0;
        }
    }
    return true;
}

bool SocketWriter::readAway() {
    std::array<char, 64 * 1024> block{};
    const ssize_t got = ::recv(socket_, block.data(), block.size(), MSG_DONTWAIT);
    return got > 0 || (got < 0 && wouldBlock(errno));
}

void SocketWriter::linger() {
    phase_ = Phase::Lingering;
    lastProgress_ = g_get_monotonic_time();
    ::shutdown(socket_, SHUT_WR);
    watch(kLost | G_IO_IN);
}

void SocketWriter::checkProgress(std::int64_t now) {
    const std::int64_t still = now - lastProgress_;
    const bool stuck = (queued_ > 0 || phase_ == Phase::Finishing) && still > idleLimit_;
    if (stuck || (phase_ == Phase::Lingering && still > kLongestLinger)) {
        abandon();
    }
}

} // namespace http
