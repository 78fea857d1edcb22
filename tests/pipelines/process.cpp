#include "process.h"

#include <array>
#include <csignal>
#include <fcntl.h>
#include <filesystem>
#include <fstream>
#include <spawn.h>
#include <sys/socket.h>
#include <sys/wait.h>

using namespace std::chrono_literals;

extern char** environ;

namespace {

int exitCode(int status) {
    return WIFEXITED(status) ? WEXITSTATUS(status) : -WTERMSIG(status);
}

} // namespace

PipelineProcess::PipelineProcess(const std::string& preload) {
    std::string name = std::filesystem::temp_directory_path() / "pipelines-XXXXXX";
    REQUIRE(::mkdtemp(name.data()) != nullptr);
    folder_ = name;
    std::array<int, 2> ends{};
    REQUIRE(::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends.data()) == 0);
    const base::UniqueFd theirs(ends[1]);

    posix_spawn_file_actions_t actions;
    posix_spawn_file_actions_init(&actions);
    posix_spawn_file_actions_adddup2(&actions, theirs.get(), STDIN_FILENO);
    posix_spawn_file_actions_addopen(&actions, STDERR_FILENO, (folder_ + "/log").c_str(),
                                     O_WRONLY | O_CREAT | O_APPEND, 0600);
    const char* program = SPILLWAY_PIPELINE_PROGRAM;
    const std::array<char*, 2> arguments{const_cast<char*>(program), nullptr};
    std::vector<std::string> environment{"MALLOC_ARENA_MAX=2"}; // as the gateway has it
    for (char** entry = environ; *entry != nullptr; ++entry) {
        environment.emplace_back(*entry);
    }
    if (!preload.empty()) {
        environment.push_back("LD_PRELOAD=" + preload);
        environment.emplace_back("ASAN_OPTIONS=verify_asan_link_order=0:detect_leaks=0");
    }
    std::vector<char*> pointers;
    for (std::string& entry : environment) {
        pointers.push_back(entry.data());
    }
    pointers.push_back(nullptr);
    const int failed =
        ::posix_spawn(&pid_, program, &actions, nullptr, arguments.data(), pointers.data());
    posix_spawn_file_actions_destroy(&actions);
    REQUIRE(failed == 0);

    channel_ = base::LineChannel::open(
        base::UniqueFd(ends[0]), base::UniqueFd(),
        {[this](std::string_view line) { onLine(line); }, [](const base::Error&) {}});
    watch_ = g_child_watch_add(
        pid_,
        [](GPid, gint status, gpointer self) {
            auto* process = static_cast<PipelineProcess*>(self);
            process->watch_ = 0;
            process->status_ = exitCode(status);
        },
        this);
}

PipelineProcess::~PipelineProcess() {
    if (watch_ != 0) {
        g_source_remove(watch_);
        ::kill(pid_, SIGKILL);
        ::waitpid(pid_, nullptr, 0);
    }
    CHECK(broken_ == std::vector<std::string>());
    std::error_code ignored;
    std::filesystem::remove_all(folder_, ignored);
}

void PipelineProcess::onLine(std::string_view line) {
    if (auto message = control::readFromPipeline(line)) {
        said_.push_back({std::chrono::steady_clock::now(), std::move(*message)});
    } else {
        broken_.push_back(message.error().message + ": " + std::string(line));
    }
}

void PipelineProcess::signal(int number) const {
    REQUIRE_FALSE(exited());
    ::kill(pid_, number);
}

control::OutputState PipelineProcess::awaitOutput(const std::string& output,
                                                  control::OutputPhase phase,
                                                  std::chrono::milliseconds deadline) {
    return await<control::OutputState>(deadline, [&](const control::OutputState& state) {
        return state.output == output && state.phase == phase;
    });
}

std::optional<int> PipelineProcess::awaitExit(std::chrono::milliseconds deadline) {
    support::runUntil([this] { return exited(); }, deadline);
    // What it said last may still be in the socket.
    support::runUntil([this] { return !channel_ || channel_->closed(); }, exited() ? 1000ms : 0ms);
    return status_;
}

void PipelineProcess::stop() {
    const auto asked = std::chrono::steady_clock::now();
    send(control::Stop{});
    const auto code = awaitExit(8s);
    INFO(transcript());
    REQUIRE(code.has_value());
    CHECK(*code == 0);
    CHECK(std::chrono::steady_clock::now() - asked < 5s);
}

std::string PipelineProcess::log() const {
    std::ifstream file(folder_ + "/log");
    return {std::istreambuf_iterator<char>(file), {}};
}

std::string PipelineProcess::transcript() const {
    std::string text;
    for (const Said& said : said_) {
        const auto after =
            std::chrono::duration_cast<std::chrono::milliseconds>(said.at - started_);
        text += std::to_string(after.count()) + " ms " +
                control::print(said.message).substr(0, 400) + "\n";
    }
    return text + log();
}
