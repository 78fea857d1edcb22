#include "pipelines/base/line_channel.h"
#include "pipelines/base/log.h"
#include "pipelines/control/messages.h"
#include "pipelines/finish/finish.h"
#include "pipelines/stream/requirements.h"
#include "pipelines/stream/stream.h"

#include <csignal>
#include <cstdio>
#include <cstring>
#include <glib-unix.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <thread>
#include <unistd.h>

namespace {

const base::Logger logger("pipeline");

/// After the gateway has gone, files are closed within this; then the process ends whatever hangs.
constexpr std::chrono::seconds kLastDeadline{5};

/// Bytes that wait for a gateway that does not read: with more of them it gets no stats, what
/// matters still fits.
constexpr std::size_t kLongestBacklog = base::LineChannel::kLargestQueue / 2;

/// _exit, not exit: GStreamer's threads may be in the middle of anything.
[[noreturn]] void leave(int status) {
    ::_exit(status);
}

void armLastDeadline() {
    std::thread([] {
        std::this_thread::sleep_for(kLastDeadline); // the deadline itself, not a wait for something
        logger.error("not everything closed within 5 s");
        leave(1);
    }).detach();
}

/// The control process gives a socket as descriptor 0; by hand it is a script, and standard output
/// gets the messages.
std::unique_ptr<base::LineChannel> openChannel(base::LineChannel::Handlers handlers) {
    struct stat info {};
    const bool socket = fstat(STDIN_FILENO, &info) == 0 && S_ISSOCK(info.st_mode);
    return base::LineChannel::open(base::UniqueFd(STDIN_FILENO),
                                   socket ? base::UniqueFd() : base::UniqueFd(STDOUT_FILENO),
                                   std::move(handlers));
}

int serve() {
    GMainLoop* loop = g_main_loop_new(nullptr, FALSE);
    std::unique_ptr<base::LineChannel> channel;
    stream::Stream live(
        [&channel](const control::FromPipeline& message) {
            const bool dispensable = std::holds_alternative<control::Stats>(message);
            if (!dispensable || channel->queued() < kLongestBacklog) {
                channel->send(control::print(message));
            }
        },
        [] { leave(0); });
    bool leaving = false;
    const auto stop = [&live, &leaving] {
        if (!leaving) {
            leaving = true;
            armLastDeadline();
            live.stop();
        }
    };
    channel = openChannel({[&live](std::string_view line) {
                               const auto message = control::readToPipeline(line);
                               if (message) {
                                   live.handle(*message);
                               } else {
                                   logger.error("a message is refused: " + message.error().message);
                               }
                           },
                           [&stop](const base::Error&) { stop(); }});
    const std::function<void()> onSignal = stop;
    g_unix_signal_add(
        SIGTERM,
        [](gpointer data) noexcept -> gboolean {
            (*static_cast<const std::function<void()>*>(data))();
            return G_SOURCE_CONTINUE;
        },
        const_cast<std::function<void()>*>(&onSignal));
    channel->send(control::print(stream::checkRequirements()));
    g_main_loop_run(loop);
    return 1;
}

} // namespace

int main(int argc, char** argv) {
    std::signal(SIGPIPE, SIG_IGN);
    if (argc >= 2 && std::strcmp(argv[1], "--version") == 0) {
        std::puts("spillway-pipeline " SPILLWAY_VERSION);
        return 0;
    }
    if (argc == 3 && std::strcmp(argv[1], "--finish") == 0) {
        return static_cast<int>(finish::run(argv[2]));
    }
    if (argc != 1) {
        std::fputs("usage: spillway-pipeline            reads messages, one JSON object per line\n"
                   "       spillway-pipeline --finish FILE.mp4.part\n",
                   stderr);
        return 2;
    }
    gst_init(nullptr, nullptr);
    return serve();
}
