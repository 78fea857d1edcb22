#include "gateway/process/child.h"

#include "pipelines/base/system_error.h"

#include <array>
#include <cerrno>
#include <csignal>
#include <fcntl.h>
#include <glib-unix.h>
#include <poll.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <utility>

namespace process {

namespace {

using namespace std::chrono_literals;

/// A process that was killed is gone at once, unless it hangs in the kernel, such as on a bad disk.
constexpr base::Milliseconds kReapTime = 1s;
constexpr int kReadsAtOnce = 16; ///< what a full pipe holds, 64 KiB

} // namespace

base::Result<std::unique_ptr<Child>> Child::start(Plan plan, Handlers handlers) {
    base::UniqueFd ours;
    base::UniqueFd theirs;
    if (handlers.onLine) {
        int ends[2] = {-1, -1};
        if (::pipe2(ends, O_CLOEXEC) != 0) {
            return base::fail(base::systemError("no pipe for " + plan.name));
        }
        ours = base::UniqueFd(ends[0]);
        theirs = base::UniqueFd(ends[1]);
        ::fcntl(ours.get(), F_SETFL, O_NONBLOCK);
        plan.output = theirs.get();
        plan.errors = handlers.errorsToo ? theirs.get() : plan.errors;
    }
    const auto pid = run(plan);
    if (!pid) {
        return base::fail(pid.error());
    }
    return std::unique_ptr<Child>(new Child(*pid, std::move(ours), std::move(handlers)));
}

Child::Child(pid_t pid, base::UniqueFd output, Handlers handlers)
    : pid_(pid), output_(std::move(output)), handlers_(std::move(handlers)) {
    if (output_) {
        outputWatch_ = g_unix_fd_add(
            output_.get(), static_cast<GIOCondition>(G_IO_IN | G_IO_HUP),
            [](gint, GIOCondition, gpointer self) noexcept -> gboolean {
                auto* child = static_cast<Child*>(self);
                if (child->readLines()) {
                    return G_SOURCE_CONTINUE;
                }
                child->outputWatch_ = 0;
                return G_SOURCE_REMOVE;
            },
            this);
    }
    exitWatch_ = g_child_watch_add(
        pid_,
        [](GPid, gint status, gpointer self) noexcept {
            static_cast<Child*>(self)->onExit(status);
        },
        this);
}

Child::~Child() {
    if (outputWatch_ != 0) {
        g_source_remove(outputWatch_);
    }
    if (exitWatch_ == 0) {
        return;
    }
    g_source_remove(exitWatch_);
    const base::UniqueFd handle(static_cast<int>(::syscall(SYS_pidfd_open, pid_, 0)));
    ::kill(pid_, SIGKILL);
    if (pollfd gone{handle.get(), POLLIN, 0}; handle) {
        ::poll(&gone, 1, static_cast<int>(kReapTime.count()));
    }
    if (::waitpid(pid_, nullptr, WNOHANG) == 0) {
        g_child_watch_add(
            pid_, [](GPid, gint, gpointer) noexcept {}, nullptr);
    }
}

void Child::terminate(base::Milliseconds grace) {
    signal(SIGTERM);
    killTimer_ = base::Timer::once(grace, [this] { kill(); });
}

void Child::signal(int number) const {
    if (exitWatch_ != 0) {
        ::kill(pid_, number);
    }
}

/// False when nothing will come any more.
bool Child::readLines() {
    std::array<char, kLongestLine> bytes{};
    ssize_t got = 1;
    for (int reads = 0; reads < kReadsAtOnce && got > 0; ++reads) {
        got = ::read(output_.get(), bytes.data(), bytes.size());
        const std::string_view text(bytes.data(), static_cast<std::size_t>(got > 0 ? got : 0));
        for (const char byte : text) {
            if (byte != '\n') {
                line_ += byte;
            }
            if (byte == '\n' || line_.size() == kLongestLine) {
                handlers_.onLine(std::exchange(line_, {}));
            }
        }
    }
    return got > 0 || (got < 0 && (errno == EAGAIN || errno == EINTR));
}

void Child::onExit(int status) {
    exitWatch_ = 0;
    killTimer_.stop();
    if (output_) {
        readLines();
        if (outputWatch_ != 0) {
            g_source_remove(std::exchange(outputWatch_, 0));
        }
        if (!line_.empty()) {
            handlers_.onLine(std::exchange(line_, {}));
        }
    }
    const auto onExit = std::move(handlers_.onExit);
    onExit(describeExit(status));
}

} // namespace process
