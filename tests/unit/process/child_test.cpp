#include "gateway/process/child.h"
#include "tests/support/run_until.h"

#include <algorithm>
#include <catch2/catch.hpp>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

using namespace std::chrono_literals;
using process::Child;
using process::Plan;

namespace {

/// What a child said until its end.
struct Watched {
    std::vector<std::string> lines;
    std::string exit; ///< empty: it has not ended
    std::unique_ptr<Child> child;

    [[nodiscard]] bool has(const std::string& line) const {
        return std::find(lines.begin(), lines.end(), line) != lines.end();
    }
};

Plan shell(const std::string& script) {
    Plan plan;
    plan.program = "/bin/sh";
    plan.name = "test-child";
    plan.arguments = {"-c", script};
    plan.environment = {"PATH=/usr/bin:/bin"};
    plan.user = process::childUser().value();
    return plan;
}

void start(Watched& watched, const Plan& plan, bool errorsToo = false) {
    auto child =
        Child::start(plan, {[&](std::string_view line) { watched.lines.emplace_back(line); },
                            [&](const std::string& how) {
                                REQUIRE(watched.exit.empty());
                                watched.exit = how;
                            },
                            errorsToo});
    REQUIRE(child);
    watched.child = std::move(*child);
}

bool runs(pid_t pid) {
    return ::kill(pid, 0) == 0;
}

} // namespace

TEST_CASE("a child's lines and its end are told") {
    Watched watched;
    start(watched, shell("echo one; echo; echo two >&2; printf three; exit 5"), true);
    REQUIRE(support::runUntil([&] { return !watched.exit.empty(); }));
    CHECK(watched.exit == "exited with 5");
    CHECK(watched.lines == std::vector<std::string>{"one", "", "two", "three"});
    CHECK_FALSE(runs(watched.child->pid()));
}

TEST_CASE("a line without an end comes in pieces") {
    Watched watched;
    start(watched, shell("head -c 10000 /dev/zero | tr '\\0' x; echo"));
    REQUIRE(support::runUntil([&] { return !watched.exit.empty(); }));
    REQUIRE(watched.lines.size() == 3);
    CHECK(watched.lines[0].size() == Child::kLongestLine);
    CHECK(watched.lines[2].size() == 10000 - 2 * Child::kLongestLine);
}

TEST_CASE("a child has its own session, no privileges, no foreign descriptor, and goes first") {
    const base::UniqueFd leaked(::open("/dev/null", O_RDONLY)); // not close-on-exec
    const base::UniqueFd folder(::open("/tmp", O_RDONLY | O_DIRECTORY | O_CLOEXEC));
    Plan plan = shell("ls -l /proc/$$/fd; readlink /proc/$$/fd/3; ps -o sid= -p $$ | tr -d ' '; "
                      "cat /proc/$$/status /proc/$$/oom_score_adj; env; "
                      "read line || echo nothing to read");
    plan.inherited = {folder.get()};
    Watched watched;
    start(watched, plan);
    REQUIRE(support::runUntil([&] { return !watched.exit.empty(); }));
    CHECK(watched.exit == "exited with 0");
    CHECK(watched.has("/tmp"));
    CHECK(watched.has(std::to_string(watched.child->pid()))); // the leader of its session
    CHECK(watched.has("NoNewPrivs:\t1"));
    CHECK(watched.has("500"));
    CHECK(watched.has("nothing to read"));
    CHECK(std::count_if(watched.lines.begin(), watched.lines.end(), [](const std::string& line) {
              return line.find(" -> ") != std::string::npos;
          }) == 4);
    if (::geteuid() == 0) {
        CHECK(watched.has("CapEff:\t0000000000000000"));
        CHECK(std::none_of(watched.lines.begin(), watched.lines.end(), [](const std::string& line) {
            return line.starts_with("Uid:\t0") || line.starts_with("Gid:\t0") ||
                   line.starts_with("HOME=");
        }));
    }
}

TEST_CASE("a program in a folder that the child's user can't enter is executed all the same") {
    std::string folder = "/tmp/unit-process-XXXXXX";
    REQUIRE(::mkdtemp(folder.data()) != nullptr); // 0700
    const std::string program = folder + "/program";
    REQUIRE(::symlink("/bin/echo", program.c_str()) == 0);
    Plan plan = shell("");
    plan.program = program;
    plan.arguments = {"executed"};
    Watched watched;
    start(watched, plan);
    CHECK(support::runUntil([&] { return !watched.exit.empty(); }));
    CHECK(watched.has("executed"));
    ::unlink(program.c_str());
    ::rmdir(folder.c_str());
}

TEST_CASE("a program that is not there, and one that can't be executed") {
    Plan plan = shell("");
    plan.program = "/nonexistent/program";
    const auto none = Child::start(plan, {{}, [](const std::string&) {}});
    REQUIRE_FALSE(none);
    CHECK(none.error().message.find("/nonexistent/program") != std::string::npos);
    plan.program = "/etc/passwd";
    Watched watched;
    start(watched, plan, true);
    REQUIRE(support::runUntil([&] { return !watched.exit.empty(); }));
    CHECK(watched.exit == "could not be executed");
}

TEST_CASE("one that ignores SIGTERM is killed after the grace") {
    Watched watched;
    start(watched, shell("trap '' TERM; echo ready; while :; do sleep 0.1; done"));
    REQUIRE(support::runUntil([&] { return watched.has("ready"); }));
    watched.child->terminate(200ms);
    REQUIRE(support::runUntil([&] { return !watched.exit.empty(); }));
    CHECK(watched.exit.starts_with("was killed by signal 9"));
}

TEST_CASE("one that heeds SIGTERM has the time to end in order") {
    Watched watched;
    start(watched, shell("trap 'echo bye; exit 0' TERM; echo ready; while :; do sleep 0.1; done"));
    REQUIRE(support::runUntil([&] { return watched.has("ready"); }));
    watched.child->terminate(10s);
    REQUIRE(support::runUntil([&] { return !watched.exit.empty(); }));
    CHECK(watched.exit == "exited with 0");
    CHECK(watched.has("bye"));
}

TEST_CASE("a child is gone when its owner is destroyed, also from within its own end") {
    Watched watched;
    start(watched, shell("exec sleep 60"));
    const pid_t pid = watched.child->pid();
    CHECK(runs(pid));
    watched.child.reset();
    CHECK_FALSE(runs(pid));
    CHECK(watched.exit.empty());

    std::unique_ptr<Child> other;
    bool ended = false;
    other = Child::start(shell("exit 0"), {{},
                                           [&](const std::string&) {
                                               other.reset();
                                               ended = true;
                                           }})
                .value();
    CHECK(support::runUntil([&] { return ended; }));
}
