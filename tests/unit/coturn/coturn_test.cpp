#include "gateway/coturn/coturn.h"
#include "gateway/coturn/embedded_relay.h"
#include "gateway/coturn/listeners.h"
#include "tests/support/run_until.h"

#include <catch2/catch.hpp>
#include <csignal>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <sys/stat.h>

using namespace std::chrono_literals;
using namespace coturn;

namespace {

/// A folder that the child's user may enter, with a program that stands for coturn.
class Stand {
public:
    explicit Stand(const std::string& script) {
        REQUIRE(::mkdtemp(folder_.data()) != nullptr);
        std::ofstream(program()) << "#!/bin/sh\n" << script << "\n";
        std::ofstream(folder_ + "/starts").close();
        for (const std::string& path : {folder_, program()}) {
            ::chmod(path.c_str(), 0755);
        }
        ::chmod((folder_ + "/starts").c_str(), 0666);
    }
    ~Stand() {
        std::error_code ignored;
        std::filesystem::remove_all(folder_, ignored);
    }

    [[nodiscard]] std::string program() const { return folder_ + "/turnserver"; }
    [[nodiscard]] std::uintmax_t starts() const {
        return std::filesystem::file_size(folder_ + "/starts");
    }

private:
    std::string folder_ = std::filesystem::temp_directory_path() / "coturn-XXXXXX";
};

/// It notes each start beside itself.
const std::string kNote = "printf x >>\"$(dirname \"$0\")/starts\"\n";

std::string realCoturn() {
    const std::string program = findCoturn();
    REQUIRE_FALSE(program.empty()); // Debian's package coturn
    return program;
}

std::string contentOf(const std::string& path) {
    std::ifstream file(path);
    return {std::istreambuf_iterator<char>(file), {}};
}

bool runs(pid_t pid) {
    return ::kill(pid, 0) == 0;
}

/// While it lives $SPILLWAY_TURNSERVER is that.
struct Override {
    explicit Override(const std::string& program) {
        ::setenv("SPILLWAY_TURNSERVER", program.c_str(), 1);
    }
    ~Override() { ::unsetenv("SPILLWAY_TURNSERVER"); }
};

base::Result<ice::IceConfiguration> askOnce(EmbeddedRelay& relay,
                                            std::chrono::milliseconds within) {
    std::optional<base::Result<ice::IceConfiguration>> answer;
    relay.ask({"demo", "127.0.0.1", true},
              [&](base::Result<ice::IceConfiguration> given) { answer = std::move(given); });
    CHECK_FALSE(answer); // later
    REQUIRE(support::runUntil([&] { return answer.has_value(); }, within));
    return *answer;
}

} // namespace

TEST_CASE("coturn is soon ready on every address, and tells nobody its secret") {
    int changes = 0;
    Coturn coturn({realCoturn(), {"localhost"}, 0}, [&] { ++changes; });
    CHECK_FALSE(coturn.ready());
    REQUIRE(support::runUntil([&] { return coturn.ready(); }, 3s));
    CHECK(changes == 1);
    const pid_t pid = coturn.pid();
    for (const char* file : {"/cmdline", "/environ"}) {
        const std::string told = contentOf("/proc/" + std::to_string(pid) + file);
        CHECK(told.find(coturn.place().secret) == std::string::npos);
        CHECK(told.find("static-auth-secret") == std::string::npos);
    }
    if (::geteuid() == 0) {
        struct stat facts {};
        REQUIRE(::stat(("/proc/" + std::to_string(pid)).c_str(), &facts) == 0);
        CHECK(facts.st_uid != 0);
    }
    CHECK_FALSE(checkFree(coturn.place().addresses, coturn.place().port));
}

TEST_CASE("a coturn that is killed comes back, and what was handed out stays good") {
    Coturn coturn({realCoturn(), {"127.0.0.1"}, 0}, [] {});
    REQUIRE(support::runUntil([&] { return coturn.ready(); }, 3s));
    const CoturnSettings before = coturn.place();
    const pid_t first = coturn.pid();
    ::kill(first, SIGKILL);
    REQUIRE(support::runUntil([&] { return !coturn.ready(); }, 1s));
    REQUIRE(coturn.failure());
    CHECK(coturn.failure()->find("was killed by signal 9") != std::string::npos);
    CHECK(coturn.soon());
    REQUIRE(support::runUntil([&] { return coturn.ready(); }, 3s));
    CHECK_FALSE(coturn.failure());
    CHECK(coturn.pid() != first);
    CHECK(coturn.place().port == before.port);
    CHECK(coturn.place().secret == before.secret);
    CHECK(coturn.place().mediaAddress == before.mediaAddress);
}

TEST_CASE("coturn ends with its owner") {
    pid_t pid = -1;
    int port = 0;
    {
        Coturn coturn({realCoturn(), {"127.0.0.1"}, 0}, [] {});
        REQUIRE(support::runUntil([&] { return coturn.ready(); }, 3s));
        pid = coturn.pid();
        port = coturn.place().port;
        CHECK(runs(pid));
    }
    CHECK_FALSE(runs(pid));
    CHECK(checkFree({"127.0.0.1"}, port));
}

TEST_CASE("a port that is taken is named, and used when it is free") {
    const int port = findFreePort({"127.0.0.1"}).value();
    const auto native = nativeAddress("127.0.0.1", port);
    base::UniqueFd taken(::socket(AF_INET, SOCK_DGRAM, 0));
    REQUIRE(::bind(taken.get(), native->get(), native->length) == 0);
    Coturn coturn({realCoturn(), {"127.0.0.1"}, port}, [] {});
    REQUIRE(coturn.failure());
    CHECK(coturn.failure()->find("UDP port " + std::to_string(port) + " of 127.0.0.1") !=
          std::string::npos);
    taken = base::UniqueFd();
    REQUIRE(support::runUntil([&] { return coturn.ready(); }, 4s));
    CHECK(coturn.place().port == port);
}

TEST_CASE("one that ends at once is started again at longer and longer intervals, and says why") {
    const Stand stand(kNote + "echo '0: : ERROR: the relay is out of order'; exit 3");
    Coturn coturn({stand.program(), {"127.0.0.1"}, 0}, [] {});
    REQUIRE(support::runUntil([&] { return stand.starts() == 3; }, 4s)); // after 0.5 and 1 s
    CHECK(coturn.failure().value().find("exited with 3: the relay is out of order") !=
          std::string::npos);
    support::runUntil([] { return false; }, 1500ms);
    CHECK(stand.starts() == 3); // the fourth comes after 2 s
}

TEST_CASE("one that does not answer is replaced") {
    const Stand stand(kNote + "exec sleep 60");
    Coturn coturn({stand.program(), {"127.0.0.1"}, 0}, [] {});
    const pid_t first = coturn.pid();
    REQUIRE(support::runUntil([&] { return stand.starts() == 2; }, 6s));
    CHECK(coturn.failure().value().find("it does not answer on 127.0.0.1:") != std::string::npos);
    CHECK_FALSE(runs(first));
}

TEST_CASE("one that listens without being ours is not taken for it") {
    // Another relay, of another realm, has the port: the stand-in lets it.
    const Stand stand(
        "exec " + realCoturn() +
        " -n -z --no-cli --no-tls --no-dtls --log-file=stdout --pidfile= -L 127.0.0.1 -r other "
        "-p $(sed -n 's/listening-port=//p' \"$2\")");
    Coturn coturn({stand.program(), {"127.0.0.1"}, 0}, [] {});
    CHECK_FALSE(support::runUntil([&] { return coturn.ready(); }, 2500ms));
}

TEST_CASE("without coturn there is no relay: a warning, or an error when it is asked for") {
    const Override missing("/nonexistent/turnserver");
    ice::Settings settings;
    const auto none = EmbeddedRelay::start(settings, "127.0.0.1", "");
    REQUIRE(none);
    CHECK(*none == nullptr);
    settings.embedded = ice::Settings::Embedded::Yes;
    const auto refused = EmbeddedRelay::start(settings, "127.0.0.1", "");
    REQUIRE_FALSE(refused);
    CHECK(refused.error().problem == base::Problem::MissingPackage);
    CHECK(refused.error().message.find("Debian package coturn") != std::string::npos);
}

TEST_CASE("whoever asks while the relay starts waits for it") {
    const auto relay = EmbeddedRelay::start({}, "127.0.0.1", "").value();
    control::IceSettings ice;
    relay->describe(ice);
    CHECK(ice.mediaAddress.starts_with("127."));
    CHECK(ice.mediaAlias.starts_with("198.51.100."));
    const auto first = askOnce(*relay, 2s);
    REQUIRE(first);
    REQUIRE(first->servers.size() == 1);
    CHECK(first->servers[0].urls.size() == 2);
    CHECK(first->servers[0].urls[0].starts_with("turn:127.0.0.1:"));
    CHECK(first->ttl == 3600s);
    const auto second = askOnce(*relay, 1s);
    CHECK(second->servers[0].username != first->servers[0].username);
}

TEST_CASE("while the relay is not there nobody is sent to it") {
    const Stand stand("echo '0: : ERROR: the relay is out of order'; exit 3");
    const Override broken(stand.program());
    const auto relay = EmbeddedRelay::start({}, "127.0.0.1", "").value();
    const auto refused = askOnce(*relay, 2500ms);
    REQUIRE_FALSE(refused);
    CHECK(refused.error().problem == base::Problem::Unavailable);
    CHECK(refused.error().message.find("the relay is out of order") != std::string::npos);
    support::runUntil([] { return false; }, 2s); // by now the pauses are long
    const auto asked = std::chrono::steady_clock::now();
    CHECK_FALSE(askOnce(*relay, 1s));
    CHECK(std::chrono::steady_clock::now() - asked < 200ms);
}
