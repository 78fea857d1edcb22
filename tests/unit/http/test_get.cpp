#include "client.h"
#include "gateway/http/client.h"
#include "tests/support/run_until.h"

#include <catch2/catch.hpp>
#include <gio/gio.h>

using base::Problem;
using http::Fetched;
using http::Reply;
using http::Request;
using http::Responder;
using http::Router;
using support::runUntil;
using support::serve;

namespace {

using Result = base::Result<Fetched>;

Result get(const http::Get& wanted) {
    std::optional<Result> result;
    http::get(wanted, [&](Result fetched) {
        REQUIRE_FALSE(result);
        result = std::move(fetched);
    });
    REQUIRE_FALSE(result);
    REQUIRE(runUntil([&] { return result.has_value(); }, std::chrono::seconds(5)));
    return *result;
}

http::Get from(std::uint16_t port, const std::string& target) {
    http::Get wanted;
    wanted.url = "http://127.0.0.1:" + std::to_string(port) + target;
    return wanted;
}

/// Says the same bytes to whoever connects, then keeps or closes the connection.
class Talker {
public:
    Talker(std::string bytes, bool closes)
        : service_(base::Object<GSocketService>::adopt(g_socket_service_new())),
          bytes_(std::move(bytes)), closes_(closes) {
        port_ = g_socket_listener_add_any_inet_port(G_SOCKET_LISTENER(service_.get()), nullptr,
                                                    nullptr);
        g_signal_connect(service_.get(), "incoming", G_CALLBACK(onIncoming), this);
    }
    Talker(const Talker&) = delete;
    Talker& operator=(const Talker&) = delete;
    ~Talker() {
        g_socket_service_stop(service_.get());
        g_socket_listener_close(G_SOCKET_LISTENER(service_.get()));
    }

    [[nodiscard]] std::uint16_t port() const { return port_; }
    [[nodiscard]] bool leftByAll() const {
        for (const auto& connection : connections_) {
            GSocket* socket = g_socket_connection_get_socket(connection.get());
            char block[4096];
            gssize got = 1;
            while (got > 0) {
                got = g_socket_receive_with_blocking(socket, block, sizeof block, FALSE, nullptr,
                                                     nullptr);
            }
            if (got < 0 && g_socket_condition_check(socket, G_IO_HUP) == 0) {
                return false;
            }
        }
        return true;
    }

private:
    static gboolean onIncoming(GSocketService*, GSocketConnection* connection, GObject*,
                               gpointer data) noexcept {
        auto* self = static_cast<Talker*>(data);
        GOutputStream* out = g_io_stream_get_output_stream(G_IO_STREAM(connection));
        g_output_stream_write_all(out, self->bytes_.data(), self->bytes_.size(), nullptr, nullptr,
                                  nullptr);
        if (!self->closes_) {
            self->connections_.push_back(base::Object<GSocketConnection>::retain(connection));
        }
        return TRUE;
    }

    base::Object<GSocketService> service_;
    std::string bytes_;
    bool closes_;
    std::uint16_t port_ = 0;
    std::vector<base::Object<GSocketConnection>> connections_;
};

} // namespace

TEST_CASE("GET brings status, headers and body, and sends the headers it is given") {
    Router router;
    router.add({"GET", "/ice", [](const Request& request, const Responder& responder) {
                    responder.send(std::move(Reply::text(*request.header("authorization") + " " +
                                                         *request.queryValue("a") + " " +
                                                         *request.header("user-agent"))
                                                 .with("Cache-Control", "max-age=5")));
                }});
    const auto server = serve(std::move(router));
    http::Get wanted = from(server->port(), "/ice?a=b%20c");
    wanted.headers = {{"Authorization", "Bearer hush"}};
    const Result fetched = get(wanted);
    REQUIRE(fetched);
    CHECK(fetched->status == 200);
    CHECK(fetched->reason == "OK");
    CHECK(fetched->headers.at("cache-control") == "max-age=5");
    CHECK(fetched->body == "Bearer hush b c Spillway/" SPILLWAY_VERSION);
    const Result missing = get(from(server->port(), "/nothing"));
    REQUIRE(missing);
    CHECK(missing->status == 404);
}

TEST_CASE("a redirect is shown, not followed") {
    bool followed = false;
    Router router;
    router.add({"GET", "/from", [](const Request&, const Responder& responder) {
                    responder.send(Reply::empty(302).with("Location", "/to"));
                }});
    router.add({"GET", "/to", [&](const Request&, const Responder& responder) {
                    followed = true;
                    responder.send(Reply::text("here"));
                }});
    const auto server = serve(std::move(router));
    const Result fetched = get(from(server->port(), "/from"));
    REQUIRE(fetched);
    CHECK(fetched->status == 302);
    CHECK_FALSE(followed);
}

TEST_CASE("a login that is asked for is not given again") {
    int asked = 0;
    Router router;
    router.add({"GET", "/ice", [&](const Request&, const Responder& responder) {
                    ++asked;
                    Reply reply = Reply::text("no");
                    reply.status = 401;
                    responder.send(std::move(reply).with("WWW-Authenticate", "Basic realm=\"a\""));
                }});
    const auto server = serve(std::move(router));
    http::Get wanted = from(server->port(), "/ice");
    wanted.headers = {{"Authorization", "Basic aHVzaDpodXNo"}};
    CHECK(get(wanted)->status == 401);
    CHECK(asked == 1);
}

TEST_CASE("a long answer is cut off, also one that grows when it is unpacked") {
    Router router;
    router.add({"GET", "/{size}", [](const Request& request, const Responder& responder) {
                    responder.send(Reply::text(
                        std::string(std::stoul(request.parameter("size")), 'x'), "text/plain"));
                }});
    const auto server = serve(std::move(router));
    CHECK(get(from(server->port(), "/65536"))->body.size() == 65536);
    const Result longer = get(from(server->port(), "/65537"));
    REQUIRE_FALSE(longer);
    CHECK(longer.error().problem == Problem::TooLarge);
    CHECK_FALSE(get(from(server->port(), "/50000000")));
}

TEST_CASE("a server that does not answer, or not to the end") {
    const auto slow = [](const Talker& talker) {
        http::Get wanted = from(talker.port(), "/");
        wanted.timeout = base::Milliseconds(300);
        const Result fetched = get(wanted);
        REQUIRE_FALSE(fetched);
        CHECK(fetched.error().problem == Problem::Timeout);
        CHECK(runUntil([&] { return talker.leftByAll(); }, std::chrono::seconds(2)));
    };
    slow(Talker("", false));
    slow(Talker("HTTP/1.1 200 OK\r\nX: y\r\n", false));
    slow(Talker("HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nhalf", false));

    for (const char* bytes :
         {"", "nonsense\r\n\r\n", "HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nhalf"}) {
        INFO(bytes);
        const Talker talker(bytes, true);
        const Result fetched = get(from(talker.port(), "/"));
        REQUIRE_FALSE(fetched);
        CHECK(fetched.error().problem == Problem::Unavailable);
    }
    const Talker endless("HTTP/1.1 200 OK\r\n" + std::string(1024 * 1024, 'x'), true);
    CHECK_FALSE(get(from(endless.port(), "/")));
}

TEST_CASE("nobody there, and no address") {
    std::uint16_t port = 0;
    {
        const Talker gone("", true);
        port = gone.port();
    }
    const Result refused = get(from(port, "/"));
    REQUIRE_FALSE(refused);
    CHECK(refused.error().problem == Problem::Unavailable);
    CHECK(refused.error().message.find("cannot be reached") != std::string::npos);
    for (const char* url : {"", "nonsense", "ftp://127.0.0.1/", "http://", "http://a b/"}) {
        INFO(url);
        http::Get wanted;
        wanted.url = url;
        CHECK_FALSE(get(wanted));
    }
}

TEST_CASE("TLS that is none") {
    const Talker talker("HTTP/1.1 200 OK\r\n\r\n", false);
    http::Get wanted = from(talker.port(), "/");
    wanted.url.replace(0, 4, "https");
    const Result fetched = get(wanted);
    REQUIRE_FALSE(fetched);
    CHECK(fetched.error().problem == Problem::Unavailable);
}
