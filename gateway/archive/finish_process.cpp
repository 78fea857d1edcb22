#include "gateway/archive/finish_process.h"

#include "gateway/streams/exec.h"
#include "gateway/streams/sandbox.h"
#include "pipelines/json/reader.h"

#include <array>
#include <cerrno>
#include <csignal>
#include <cstring>
#include <fcntl.h>
#include <glib.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <utility>

namespace archive {

namespace {

using base::Problem;
using base::Result;
using base::UniqueFd;

base::Error systemError(const std::string& what) {
    return {errno == ENOENT ? Problem::NotFound : Problem::Internal,
            what + ": " + std::strerror(errno)};
}

/// Above the numbers that the child's own descriptors get.
UniqueFd raised(UniqueFd low) {
    return UniqueFd(low ? fcntl(low.get(), F_DUPFD_CLOEXEC, streams::ChildPlan::kFirstOwn) : -1);
}

/// What the child gets to hold.
struct Handed {
    UniqueFd program;
    UniqueFd folder; ///< of the file: its user may not be able to walk there
    UniqueFd input;
    UniqueFd output;
};

Result<void> giveTo(const std::optional<streams::ChildUser>& user, int folder) {
    if (user && fchown(folder, user->uid, user->gid) != 0) {
        return base::fail(systemError("giving a folder to the user " + user->name));
    }
    return {};
}

Result<pid_t> launch(const std::string& program, const std::string& file, const Handed& handed) {
    auto user = streams::childUser();
    if (!user) {
        return base::fail(user.error());
    }
    if (auto given = giveTo(*user, handed.folder.get()); !given) {
        return base::fail(given.error());
    }
    streams::ChildPlan plan;
    plan.program = program;
    plan.programFd = handed.program.get();
    plan.arguments = {"--finish", "/proc/self/fd/" +
                                      std::to_string(streams::ChildPlan::kFirstFolder) +
                                      file.substr(file.find_last_of('/'))};
    plan.socket = handed.input.get();
    plan.output = handed.output.get();
    plan.folders = {handed.folder.get()};
    plan.environment = {"MALLOC_ARENA_MAX=1", "LC_ALL=C.UTF-8"};
    if (*user) {
        plan.dropTo = {(*user)->uid, (*user)->gid};
    }
    const pid_t pid = streams::run(plan);
    if (pid < 0) {
        return base::fail(systemError("starting " + program));
    }
    return pid;
}

/// The child's one line.
Result<Facts> parse(const std::string& line) {
    auto in = json::Reader::parse(line);
    if (!in) {
        return base::fail(Problem::Internal, "the finishing process ended without an answer");
    }
    if (in->text("type") == "finished") {
        const Facts facts{base::Nanoseconds(in->integer("duration", 0)), in->integer("bytes", 0)};
        return in->fault() ? Result<Facts>(base::fail(*in->fault())) : facts;
    }
    return base::fail(base::problemNamed(in->textOr("problem", "")), in->textOr("message", ""));
}

} // namespace

Result<std::unique_ptr<FinishProcess>> FinishProcess::start(const std::string& program,
                                                            const std::string& file,
                                                            base::Milliseconds limit, Done done) {
    const std::string folder = file.substr(0, file.find_last_of('/'));
    int ends[2] = {-1, -1};
    if (pipe2(ends, O_CLOEXEC | O_NONBLOCK) != 0) {
        return base::fail(systemError("no pipe for a finishing process"));
    }
    std::unique_ptr<FinishProcess> process(new FinishProcess(std::move(done)));
    process->answer_ = UniqueFd(ends[0]);
    Handed handed;
    handed.output = raised(UniqueFd(ends[1]));
    handed.program = raised(UniqueFd(open(program.c_str(), O_RDONLY | O_CLOEXEC)));
    handed.folder =
        raised(UniqueFd(open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC)));
    handed.input = raised(UniqueFd(open("/dev/null", O_RDONLY | O_CLOEXEC)));
    if (!handed.program || !handed.input || !handed.output) {
        return base::fail(Problem::Internal, systemError("finishing with " + program).message);
    }
    if (!handed.folder) {
        return base::fail(systemError("opening " + folder));
    }
    const auto pid = launch(program, file, handed);
    if (!pid) {
        return base::fail(pid.error());
    }
    process->pid_ = *pid;
    process->watch_ = g_child_watch_add(
        *pid, [](GPid gone, gint status, gpointer self) noexcept { onExit(gone, status, self); },
        process.get());
    process->deadline_ = base::Timer::once(limit, [self = process.get()] {
        self->late_ = true;
        self->kill();
    });
    return process;
}

FinishProcess::~FinishProcess() {
    if (watch_ != 0) {
        g_source_remove(watch_);
    }
    if (pid_ > 0) {
        kill();
        waitpid(pid_, nullptr, 0); // at once: it was killed
    }
}

void FinishProcess::kill() const {
    if (pid_ > 0) {
        ::kill(pid_, SIGKILL);
    }
}

std::string FinishProcess::output() const {
    std::array<char, 4096> bytes{}; // of one line, which a pipe always holds whole
    const ssize_t got = read(answer_.get(), bytes.data(), bytes.size());
    return {bytes.data(), static_cast<std::size_t>(got > 0 ? got : 0)};
}

void FinishProcess::onExit(int, int, void* self) noexcept {
    auto* process = static_cast<FinishProcess*>(self);
    process->pid_ = -1;
    process->watch_ = 0;
    process->deadline_.stop();
    auto facts = parse(process->output());
    if (!facts && process->late_) {
        facts = base::fail(Problem::Timeout, "finishing took too long");
    }
    const Done done = std::move(process->done_); // it may destroy this process
    done(std::move(facts));
}

} // namespace archive
