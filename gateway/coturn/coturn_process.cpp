#include "gateway/coturn/coturn_process.h"

#include "gateway/coturn/coturn_log.h"
#include "pipelines/base/system_error.h"
#include "pipelines/base/unique.h"

#include <csignal>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>
#include <utility>

namespace coturn {

namespace {

using base::systemError;
using base::UniqueFd;

#ifndef MFD_NOEXEC_SEAL
#define MFD_NOEXEC_SEAL 0x0008U
#endif

/// Newer kernels want to be told that it is no program; older ones don't know the word.
UniqueFd makeMemory(const char* name) {
    UniqueFd file(memfd_create(name, MFD_CLOEXEC | MFD_NOEXEC_SEAL));
    return file ? std::move(file) : UniqueFd(memfd_create(name, MFD_CLOEXEC));
}

/// Readable for the child's user alone, who opens it below /proc/self/fd.
base::Result<UniqueFd> inMemory(const std::string& text, const std::optional<process::User>& user) {
    UniqueFd file = makeMemory("turnserver.conf");
    if (!file || fchmod(file.get(), 0400) != 0 ||
        write(file.get(), text.data(), text.size()) != static_cast<ssize_t>(text.size())) {
        return base::fail(systemError("no memory for coturn's configuration"));
    }
    if (user && fchown(file.get(), user->uid, user->gid) != 0) {
        return base::fail(systemError("giving coturn's configuration to " + user->name));
    }
    return file;
}

} // namespace

base::Result<std::unique_ptr<process::Child>>
startCoturn(const std::string& program, const std::string& config,
            std::function<void(const std::string& reason)> onGone) {
    const auto user = process::childUser();
    if (!user) {
        return base::fail(user.error());
    }
    const auto file = inMemory(config, *user);
    if (!file) {
        return base::fail(file.error());
    }
    process::Plan plan;
    plan.program = program;
    plan.name = "turnserver";
    // These come before the configuration is read: else its first lines made a log file somewhere.
    plan.arguments = {"-c", "/proc/self/fd/" + std::to_string(process::Plan::kFirstInherited),
                      "--log-file=stdout", "--simple-log", "--pidfile="};
    plan.environment = {"MALLOC_ARENA_MAX=2", "LC_ALL=C.UTF-8"};
    plan.inherited = {file->get()};
    plan.user = *user;
    plan.deathSignal = SIGKILL;

    const auto complaint = std::make_shared<std::string>(); // the last one
    const auto onLine = [complaint](std::string_view line) {
        const CoturnLine entry = readCoturnLine(line);
        if (entry.level >= base::log::Level::Warning) {
            *complaint = entry.text;
        }
        if (!entry.text.empty()) {
            base::log::write(entry.level, "[coturn]", entry.text);
        }
    };
    const auto onExit = [complaint, onGone = std::move(onGone)](const std::string& how) {
        onGone(how + (complaint->empty() ? "" : ": " + *complaint));
    };
    return process::Child::start(std::move(plan), {onLine, onExit, true});
}

std::string findCoturn() {
    if (const char* set = g_getenv("SPILLWAY_TURNSERVER")) {
        return ::access(set, X_OK) == 0 ? set : "";
    }
    const base::UniqueString found(g_find_program_in_path("turnserver"));
    if (found) {
        return found.get();
    }
    for (const char* place : {"/usr/bin/turnserver", "/usr/local/bin/turnserver"}) {
        if (::access(place, X_OK) == 0) {
            return place;
        }
    }
    return "";
}

} // namespace coturn
