#include "gateway/archive/finish_process.h"

#include "pipelines/base/system_error.h"
#include "pipelines/base/unique.h"
#include "pipelines/json/reader.h"

#include <fcntl.h>
#include <unistd.h>
#include <utility>

namespace archive {

namespace {

using base::Problem;
using base::Result;
using base::systemError;

/// The folder of the file, as the child inherits it: its user may not be able to walk there.
Result<base::UniqueFd> openFolder(const std::string& folder,
                                  const std::optional<process::User>& user) {
    base::UniqueFd fd(open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC));
    if (!fd) {
        return base::fail(systemError("opening " + folder));
    }
    if (user && fchown(fd.get(), user->uid, user->gid) != 0) {
        return base::fail(systemError("giving " + folder + " to the user " + user->name));
    }
    return fd;
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
    const auto user = process::childUser();
    if (!user) {
        return base::fail(user.error());
    }
    const auto slash = file.find_last_of('/');
    const auto folder = openFolder(file.substr(0, slash), *user);
    if (!folder) {
        return base::fail(folder.error());
    }
    process::Plan plan;
    plan.program = program;
    plan.name = "spillway-pipeline";
    plan.arguments = {"--finish", "/proc/self/fd/" +
                                      std::to_string(process::Plan::kFirstInherited) +
                                      file.substr(slash)};
    plan.environment = {"MALLOC_ARENA_MAX=1", "LC_ALL=C.UTF-8"};
    plan.inherited = {folder->get()};
    plan.user = *user;

    std::unique_ptr<FinishProcess> process(new FinishProcess(std::move(done)));
    FinishProcess* self = process.get();
    auto child = process::Child::start(std::move(plan),
                                       {[self](std::string_view line) { self->answer_ = line; },
                                        [self](const std::string&) { self->onExit(); }});
    if (!child) {
        return base::fail(Problem::Internal, child.error().message);
    }
    process->child_ = std::move(*child);
    process->deadline_ = base::Timer::once(limit, [self] {
        self->late_ = true;
        self->kill();
    });
    return process;
}

void FinishProcess::onExit() {
    deadline_.stop();
    auto facts = parse(answer_);
    if (!facts && late_) {
        facts = base::fail(Problem::Timeout, "finishing took too long");
    }
    const Done done = std::move(done_); // it may destroy this process
    done(std::move(facts));
}

} // namespace archive
