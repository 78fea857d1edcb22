#include "gateway/application.h"
#include "gateway/check_relay_command.h"
#include "gateway/config/command_line.h"
#include "pipelines/base/log.h"

#include <algorithm>
#include <csignal>
#include <cstdio>
#include <glib-unix.h>
#include <sys/resource.h>

namespace {

using gateway::Application;

/// Enough for every connection, its file and what the streams need; more costs those who walk them.
constexpr rlim_t kDescriptors = 65'536;

/// The soft limit is often 1024, for programs that use select().
void raiseDescriptorLimit() {
    rlimit limit{};
    if (getrlimit(RLIMIT_NOFILE, &limit) == 0 && limit.rlim_cur < kDescriptors) {
        limit.rlim_cur = std::min(kDescriptors, limit.rlim_max);
        setrlimit(RLIMIT_NOFILE, &limit);
    }
}

void sayWhatToOpen(const std::string& url) {
    std::printf("Spillway " SPILLWAY_VERSION " runs: open %s in a browser.\n"
                "  publish     %spublish/demo\n"
                "  watch       %swatch/demo\n"
                "  recordings  %srecordings\n"
                "Ctrl+C ends it.\n",
                url.c_str(), url.c_str(), url.c_str(), url.c_str());
    std::fflush(stdout);
}

/// What the signal handlers need.
struct Running {
    Application* application;
    GMainLoop* loop;
};

gboolean onSignal(gpointer data) noexcept {
    const auto* running = static_cast<Running*>(data);
    running->application->stop([loop = running->loop] { g_main_loop_quit(loop); });
    return G_SOURCE_CONTINUE;
}

void runUntilSignal(Application& application) {
    GMainLoop* loop = g_main_loop_new(nullptr, FALSE);
    Running running{&application, loop};
    const guint term = g_unix_signal_add(SIGTERM, onSignal, &running);
    const guint interrupt = g_unix_signal_add(SIGINT, onSignal, &running);
    const guint hangUp = g_unix_signal_add(SIGHUP, onSignal, &running);
    g_main_loop_run(loop);
    for (const guint source : {term, interrupt, hangUp}) {
        g_source_remove(source);
    }
    g_main_loop_unref(loop);
}

} // namespace

int main(int argc, char** argv) {
    const auto read = config::readCommandLine(argc, argv);
    if (const auto* message = std::get_if<config::ExitMessage>(&read)) {
        std::fputs(message->text.c_str(), message->status == 0 ? stdout : stderr);
        return message->status;
    }
    const auto& [task, config] = std::get<config::Command>(read);
    base::log::setLevel(config.logLevel);
    std::signal(SIGPIPE, SIG_IGN); // a reader of our log may go
    raiseDescriptorLimit();
    if (task == config::Command::Task::CheckRelay) {
        return gateway::checkRelay(config);
    }
    const auto application = Application::start(config);
    if (!application) {
        std::fprintf(stderr, "spillway: %s\n", application.error().message.c_str());
        return 1;
    }
    sayWhatToOpen((*application)->url());
    runUntilSignal(**application);
    return 0;
}
