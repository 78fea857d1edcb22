#include "client.h"
#include "tests/support/run_until.h"

#include <catch2/catch.hpp>
#include <sys/resource.h>

using http::Reply;
using http::Request;
using http::Responder;
using http::Router;
using support::ask;
using support::RawClient;
using support::runUntil;
using support::serve;

namespace {

using namespace std::string_literals;

Router simple(std::size_t& handled) {
    Router router;
    router.add({"GET", "/ok", [](const Request&, const Responder& responder) {
                    responder.send(Reply::text("ok"));
                }});
    router.add({"POST",
                "/small",
                [&handled](const Request&, const Responder& responder) {
                    ++handled;
                    responder.send(Reply::empty());
                },
                {},
                1000});
    return router;
}

http::ServerConfig impatient() {
    http::ServerConfig config;
    config.requestLimit = base::Milliseconds(300);
    config.idleLimit = base::Milliseconds(500);
    return config;
}

} // namespace

TEST_CASE("A body over the limit is refused unread") {
    std::size_t handled = 0;
    const auto server = serve(simple(handled));

    RawClient announced(server->port());
    announced.send("POST /small HTTP/1.1\r\nHost: localhost\r\nContent-Length: 2000000\r\n\r\n");
    REQUIRE(announced.waitForText("\r\n\r\n"));
    CHECK(announced.answer().status == 413);

    RawClient chunked(server->port());
    chunked.send("POST /small HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n\r\n"
                 "1e8480\r\n" +
                 std::string(1001, 'x'));
    REQUIRE(chunked.waitForText("\r\n\r\n"));
    CHECK(chunked.answer().status == 413);

    // One that insists on sending everything still gets to read the answer.
    const auto answer = ask(*server, "POST", "/small", {}, std::string(2'000'000, 'x'));
    CHECK(answer.status == 413);
    CHECK(answer.header("content-type") == "application/problem+json");
    CHECK(ask(*server, "POST", "/small", {}, std::string(1000, 'x')).status == 204);
    CHECK(handled == 1);

    RawClient expecting(server->port());
    expecting.send("POST /small HTTP/1.1\r\nHost: localhost\r\nExpect: 100-continue\r\n"
                   "Content-Length: 5\r\n\r\n");
    REQUIRE(expecting.waitForText("100 Continue"));
    expecting.send("hello");
    CHECK(expecting.waitForText("204"));
    CHECK(handled == 2);
}

TEST_CASE("Slow and endless requests end at a deadline") {
    std::size_t handled = 0;
    const auto server = serve(simple(handled), impatient());

    RawClient silent(server->port());
    RawClient slowHead(server->port());
    slowHead.send("GET /ok HTTP/1.1\r\nHost: loc");
    RawClient slowBody(server->port());
    slowBody.send("POST /small HTTP/1.1\r\nHost: localhost\r\nContent-Length: 10\r\n\r\nabc");
    RawClient endless(server->port());
    endless.send("GET /ok HTTP/1.1\r\nHost: localhost\r\n");
    CHECK(runUntil(
        [&] {
            endless.send("X-More: and more of it\r\n");
            endless.readSome();
            return endless.closed() || endless.sendingFailed();
        },
        std::chrono::seconds(5)));
    CHECK(silent.waitForClose(std::chrono::seconds(2)));
    CHECK(slowHead.waitForClose(std::chrono::seconds(2)));
    CHECK(slowBody.waitForClose(std::chrono::seconds(2)));
    CHECK(slowBody.answer().status == 408);
    CHECK(runUntil([&] { return server->connections() == 0; }));
    CHECK(handled == 0);
}

TEST_CASE("A client that does not read its answer is let go") {
    Router router;
    router.add({"GET", "/much", [](const Request&, const Responder& responder) {
                    responder.send(Reply::text(std::string(16 * 1024 * 1024, 'x'), "video/mp2t"));
                }});
    const auto server = serve(std::move(router), impatient());
    RawClient deaf(server->port());
    deaf.send("GET /much HTTP/1.1\r\nHost: localhost\r\n\r\n");
    REQUIRE(runUntil([&] { return server->connections() == 1; }));
    CHECK(runUntil([&] { return server->connections() == 0; }, std::chrono::seconds(5)));
}

TEST_CASE("What is no HTTP is refused without harm") {
    std::size_t handled = 0;
    const auto server = serve(simple(handled), impatient());
    const std::vector<std::string> nonsense{
        "\r\n\r\n\r\n\r\n",
        "hello\r\n\r\n",
        "GET\r\n\r\n",
        "GET /ok\r\n\r\n",
        "GET /ok HTTP/1.1\r\n\r\n", // no Host
        "GET /ok HTTP/9.9\r\nHost: localhost\r\n\r\n",
        "GET ok HTTP/1.1\r\nHost: localhost\r\n\r\n",
        "CONNECT localhost:80 HTTP/1.1\r\nHost: localhost:80\r\n\r\n",
        "GET /\0 HTTP/1.1\r\nHost: localhost\r\n\r\n"s,
        "POST /small HTTP/1.1\r\nHost: localhost\r\nContent-Length: -1\r\n\r\n",
        "POST /small HTTP/1.1\r\nHost: localhost\r\nContent-Length: 99999999999999999999\r\n\r\n",
        "POST /small HTTP/1.1\r\nHost: localhost\r\nContent-Length: 5\r\n"
        "Transfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
        "POST /small HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n",
        "GET /ok HTTP/1.1\r\nHost: localhost\r\nX: " + std::string(100'000, 'y') + "\r\n\r\n",
        "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
    };
    for (const std::string& text : nonsense) {
        INFO(text.substr(0, 80));
        RawClient client(server->port());
        client.send(text);
        REQUIRE(client.waitForClose());
        const bool fine = client.received().empty() || client.answer().status >= 400 ||
                          client.received().starts_with("HTTP/1.");
        CHECK(fine);
        CHECK(client.answer().status != 200);
    }
    CHECK(ask(*server, "GET", "/ok").status == 200);
    CHECK(runUntil([&] { return server->connections() == 0; }));
}

TEST_CASE("Paths that could leave a folder lead nowhere") {
    Router router;
    bool reached = false;
    router.add({"GET", "/files/{name}", [&](const Request& request, const Responder& responder) {
                    reached = reached || request.parameter("name") != "good";
                    responder.send(Reply::empty());
                }});
    const auto server = serve(std::move(router));
    for (const char* path : {"/files/..", "/files/%2e%2e", "/files/a%2f..%2fb", "/files/%2E.",
                             "/files/a%5cb", "/files/%00", "/files/a%0ab", "/files/%zz", "/files/%",
                             "/files/", "/files/%ff", "/files/../../etc/passwd"}) {
        INFO(path);
        const int status = ask(*server, "GET", path).status;
        CHECK((status == 404 || status == 400));
    }
    CHECK_FALSE(reached);
    CHECK(ask(*server, "GET", "/files/good").status == 204);
}

TEST_CASE("A thousand idle connections do not stop others") {
    rlimit limit{};
    getrlimit(RLIMIT_NOFILE, &limit);
    limit.rlim_cur = limit.rlim_max;
    setrlimit(RLIMIT_NOFILE, &limit);
    REQUIRE(limit.rlim_cur > 2300);

    std::size_t handled = 0;
    http::ServerConfig config;
    config.connections = 500;
    const auto server = serve(simple(handled), config);
    std::vector<std::unique_ptr<RawClient>> idle;
    for (int i = 0; i < 1000; ++i) {
        idle.push_back(std::make_unique<RawClient>(server->port()));
        g_main_context_iteration(nullptr, FALSE);
    }
    const gint64 start = g_get_monotonic_time();
    CHECK(ask(*server, "GET", "/ok").body == "ok");
    CHECK(g_get_monotonic_time() - start < G_USEC_PER_SEC);
    CHECK(server->connections() <= 500);
    idle.clear();
    CHECK(runUntil([&] { return server->connections() == 0; }));
}
