#include "client.h"
#include "pipelines/base/loop.h"
#include "tests/support/run_until.h"

#include <catch2/catch.hpp>
#include <gio/gio.h>

using http::Cors;
using http::Reply;
using http::Request;
using http::Responder;
using http::Route;
using http::Router;
using support::Answer;
using support::ask;
using support::RawClient;
using support::runUntil;
using support::serve;

namespace {

Route greeting() {
    return {"GET", "/hello/{name}", [](const Request& request, const Responder& responder) {
                responder.send(Reply::text("hello " + request.parameter("name")));
            }};
}

std::string gunzipped(const std::string& packed) {
    const auto converter = base::Object<GConverter>::adopt(
        G_CONVERTER(g_zlib_decompressor_new(G_ZLIB_COMPRESSOR_FORMAT_GZIP)));
    std::string out(1024 * 1024, '\0');
    gsize read = 0;
    gsize written = 0;
    g_converter_convert(converter.get(), packed.data(), packed.size(), out.data(), out.size(),
                        G_CONVERTER_INPUT_AT_END, &read, &written, nullptr);
    return out.substr(0, written);
}

} // namespace

TEST_CASE("A request reaches its handler and the answer its client") {
    Router router;
    router.add(greeting());
    router.add({"POST", "/echo", [](const Request& request, const Responder& responder) {
                    responder.send(Reply::text(request.contentType() + " " + request.body + " " +
                                               *request.queryValue("a")));
                }});
    const auto server = serve(std::move(router));

    const Answer hello = ask(*server, "GET", "/hello/w%C3%B6rld");
    CHECK(hello.status == 200);
    CHECK(hello.body == "hello wörld");
    CHECK(hello.header("content-length") == std::to_string(hello.body.size()));
    CHECK(hello.header("connection") == "close");
    CHECK(hello.header("x-content-type-options") == "nosniff");
    CHECK(hello.header("referrer-policy") == "no-referrer");

    const Answer echo = ask(*server, "POST", "/echo?a=b+c%26",
                            "Content-Type: Application/SDP; x=y\r\n", "the body");
    CHECK(echo.body == "application/sdp the body b c&");

    const Answer chunked = [&] {
        RawClient client(server->port());
        client.send(
            "POST /echo?a=1 HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n\r\n"
            "3\r\nthe\r\n5\r\n body\r\n0\r\n\r\n");
        client.waitForClose();
        return client.answer();
    }();
    CHECK(chunked.body == " the body 1");
    CHECK(runUntil([&] { return server->connections() == 0; }));
}

TEST_CASE("HEAD follows GET without its body") {
    Router router;
    router.add(greeting());
    const auto server = serve(std::move(router));
    const Answer head = ask(*server, "HEAD", "/hello/you");
    CHECK(head.status == 200);
    CHECK(head.header("content-length") == "9");
    CHECK(head.body.empty());
}

TEST_CASE("What is not there and what is not possible") {
    Router router;
    router.add(greeting());
    const auto server = serve(std::move(router));
    const Answer missing = ask(*server, "GET", "/nothing");
    CHECK(missing.status == 404);
    CHECK(missing.header("content-type") == "application/problem+json");
    CHECK(missing.body.find("\"type\":\"/problems/not-found\"") != std::string::npos);
    const Answer wrong = ask(*server, "DELETE", "/hello/you");
    CHECK(wrong.status == 405);
    CHECK(wrong.header("allow") == "GET, HEAD, OPTIONS");
}

TEST_CASE("OPTIONS and preflights of pages elsewhere") {
    Router router;
    router.add(greeting());
    Route whip{"POST", "/whip/{stream}", [](const Request&, const Responder& responder) {
                   responder.send(Reply::empty(201));
               }};
    whip.cors = Cors::Whip;
    whip.options = {{"Accept-Post", "application/sdp"}};
    router.add(whip);
    const auto server = serve(std::move(router));

    const Answer plain = ask(*server, "OPTIONS", "/whip/demo");
    CHECK(plain.status == 200);
    CHECK(plain.header("accept-post") == "application/sdp");
    CHECK(plain.header("allow") == "POST, OPTIONS");

    const std::string preflight = "Origin: https://elsewhere.example\r\n"
                                  "Access-Control-Request-Method: POST\r\n";
    const Answer allowed = ask(*server, "OPTIONS", "/whip/demo", preflight);
    CHECK(allowed.status == 204);
    CHECK(allowed.header("access-control-allow-origin") == "*");
    CHECK(allowed.header("access-control-allow-methods").find("POST") != std::string::npos);
    CHECK(allowed.header("access-control-allow-headers").find("If-Match") != std::string::npos);
    CHECK(allowed.header("access-control-expose-headers").find("Location") != std::string::npos);
    CHECK(allowed.header("content-length").empty());

    const Answer refused = ask(*server, "OPTIONS", "/hello/you", preflight);
    CHECK(refused.header("access-control-allow-origin").empty());
}

TEST_CASE("Only known hosts, and no commands from foreign pages") {
    Router router;
    router.add(greeting());
    router.add({"DELETE", "/thing", [](const Request&, const Responder& responder) {
                    responder.send(Reply::empty());
                }});
    http::ServerConfig config;
    config.hosts = {"Studio.example"};
    const auto server = serve(std::move(router), config);

    CHECK(ask(*server, "GET", "/hello/a", "Host: localhost:1234\r\n").status == 200);
    CHECK(ask(*server, "GET", "/hello/a", "Host: [::1]:80\r\n").status == 200);
    CHECK(ask(*server, "GET", "/hello/a", "Host: studio.example\r\n").status == 200);
    CHECK(ask(*server, "GET", "/hello/a", "Host: evil.example\r\n").status == 403);
    CHECK(ask(*server, "GET", "/hello/a", "Host: 127.0.0.1.evil.example\r\n").status == 403);
    CHECK(ask(*server, "GET", "/hello/a", "Host: evil@127.0.0.1\r\n").status == 400);
    CHECK(ask(*server, "GET", "/hello/a", "Host: localhost\r\nHost: evil.example\r\n").status >=
          400);
    CHECK(ask(*server, "GET", "http://evil.example/hello/a", "Host: localhost\r\n").status == 400);

    CHECK(ask(*server, "DELETE", "/thing").status == 204);
    CHECK(ask(*server, "DELETE", "/thing",
              "Host: localhost:8080\r\nOrigin: http://localhost:8080\r\n")
              .status == 204);
    CHECK(ask(*server, "DELETE", "/thing", "Origin: http://evil.example\r\n").status == 403);
    CHECK(ask(*server, "DELETE", "/thing", "Origin: null\r\n").status == 403);
    CHECK(ask(*server, "GET", "/hello/a", "Origin: http://evil.example\r\n").status == 200);
}

TEST_CASE("Text is compressed when the client takes it") {
    const std::string list(5000, 'x');
    Router router;
    router.add({"GET", "/list", [&](const Request&, const Responder& responder) {
                    responder.send(Reply::text(list, "application/vnd.apple.mpegurl"));
                }});
    const auto server = serve(std::move(router));
    const Answer packed = ask(*server, "GET", "/list", "Accept-Encoding: br, gzip;q=0.5\r\n");
    CHECK(packed.header("content-encoding") == "gzip");
    CHECK(packed.header("vary") == "Accept-Encoding");
    CHECK(packed.body.size() < 200);
    CHECK(gunzipped(packed.body) == list);
    CHECK(ask(*server, "GET", "/list", "Accept-Encoding: gzip;q=0\r\n").body == list);
    CHECK(ask(*server, "GET", "/list").body == list);
}

TEST_CASE("A guard's refusal comes before the body") {
    Router router;
    Route guarded{"POST", "/guarded", [](const Request&, const Responder& responder) {
                      responder.send(Reply::empty());
                  }};
    guarded.guard = [](const Request&) -> base::Result<void> {
        return base::fail(base::Problem::Unauthorized, "a token, please");
    };
    router.add(guarded);
    const auto server = serve(std::move(router));
    RawClient client(server->port());
    client.send("POST /guarded HTTP/1.1\r\nHost: localhost\r\nContent-Length: 50000\r\n\r\n");
    REQUIRE(client.waitForClose());
    CHECK(client.answer().status == 401);
    CHECK(client.answer().header("www-authenticate") == "Bearer");
}

TEST_CASE("An answer that does not come is 503, and one that comes late is dropped") {
    std::optional<Responder> kept;
    Router router;
    router.add({"GET",
                "/slow",
                [&](const Request&, Responder responder) { kept = responder; },
                {},
                0,
                Cors::None,
                base::Milliseconds(50)});
    const auto server = serve(std::move(router));
    const Answer answer = ask(*server, "GET", "/slow");
    CHECK(answer.status == 503);
    CHECK_FALSE(answer.header("retry-after").empty());
    kept->send(Reply::text("late"));
    CHECK(runUntil([&] { return server->connections() == 0; }));
    kept->send(Reply::text("later"));
}

TEST_CASE("A later answer, and a client that went before it") {
    std::optional<Responder> kept;
    Router router;
    router.add({"GET", "/later", [&](const Request&, Responder responder) { kept = responder; }});
    auto server = serve(std::move(router));
    RawClient client(server->port());
    client.send("GET /later HTTP/1.1\r\nHost: localhost\r\n\r\n");
    REQUIRE(runUntil([&] { return kept.has_value(); }));
    kept->send(Reply::text("here"));
    REQUIRE(client.waitForClose());
    CHECK(client.answer().body == "here");

    kept.reset();
    RawClient leaving(server->port());
    leaving.send("GET /later HTTP/1.1\r\nHost: localhost\r\n\r\n");
    REQUIRE(runUntil([&] { return kept.has_value(); }));
    leaving.hangUp();
    kept->send(Reply::text(std::string(4 * 1024 * 1024, 'x')));
    CHECK(runUntil([&] { return server->connections() == 0; }));

    kept.reset();
    RawClient last(server->port());
    last.send("GET /later HTTP/1.1\r\nHost: localhost\r\n\r\n");
    REQUIRE(runUntil([&] { return kept.has_value(); }));
    server.reset(); // with a request open
    CHECK(last.waitForClose());
    kept->send(Reply::text("nobody there"));
}

TEST_CASE("Server-sent events") {
    std::shared_ptr<http::EventStream> events;
    Router router;
    router.add({"GET", "/events", [&](const Request&, const Responder& responder) {
                    events = responder.startEvents();
                }});
    const auto server = serve(std::move(router));
    {
        RawClient client(server->port());
        client.send("GET /events HTTP/1.1\r\nHost: localhost\r\n\r\n");
        REQUIRE(client.waitForText("text/event-stream"));
        REQUIRE(events->open());
        events->send("stream", "{\"a\":1}");
        events->send("output", "two\nlines");
        CHECK(client.waitForText("id: 2\nevent: output\ndata: two\ndata: lines\n\n"));
        CHECK(client.received().find("id: 1\nevent: stream\ndata: {\"a\":1}\n\n") !=
              std::string::npos);
    }
    CHECK(runUntil([&] { return !events->open() && server->connections() == 0; }));

    RawClient deaf(server->port());
    deaf.send("GET /events HTTP/1.1\r\nHost: localhost\r\n\r\n");
    REQUIRE(runUntil([&] { return events->open(); }));
    CHECK(runUntil([&] {
        events->send("stream", std::string(20'000, 'x'));
        return !events->open();
    }));
    CHECK(runUntil([&] { return server->connections() == 0; }));
    events->send("stream", "to nobody");
}

TEST_CASE("A trusted proxy says who the client is") {
    std::string seen;
    Router router;
    router.add({"GET", "/who", [&](const Request& request, const Responder& responder) {
                    seen = request.client + (request.loopback ? " near" : " far") +
                           (request.secure ? " secure" : "");
                    responder.send(Reply::empty());
                }});
    const std::string forwarded = "X-Forwarded-For: 127.0.0.1, 192.0.2.7\r\n"
                                  "X-Forwarded-Proto: https\r\n";
    const auto plain = serve(router);
    ask(*plain, "GET", "/who", forwarded);
    CHECK(seen == "127.0.0.1 near");
    http::ServerConfig config;
    config.trustedProxy = true;
    const auto trusting = serve(router, config);
    ask(*trusting, "GET", "/who", forwarded);
    CHECK(seen == "192.0.2.7 far secure");
}

TEST_CASE("An address in use is an error that names it") {
    const auto first = serve(Router());
    http::ServerConfig config;
    config.port = first->port();
    const auto second = http::Server::start(config, Router());
    REQUIRE_FALSE(second);
    CHECK(second.error().message.find("127.0.0.1:" + std::to_string(first->port())) !=
          std::string::npos);
}
