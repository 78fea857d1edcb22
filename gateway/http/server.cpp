#include "gateway/http/server.h"

#include "gateway/http/connection.h"
#include "pipelines/base/log.h"
#include "pipelines/base/loop.h"
#include "pipelines/base/unique.h"

#include <algorithm>
#include <gio/gio.h>
#include <libsoup/soup.h>
#include <list>
#include <netinet/in.h>
#include <netinet/tcp.h>

namespace http {

using base::Problem;

namespace {

const base::Logger kLog("http");

/// Bursts of players come at once; the system bounds it by net.core.somaxconn.
constexpr int kBacklog = 512;

bool isIpv6(const std::string& address) {
    return address.find(':') != std::string::npos;
}

} // namespace

/// The sockets, libsoup and the connections.
class Server::Impl {
public:
    Impl(ServerConfig config, Router router);
    Impl(const Impl&) = delete;
    Impl& operator=(const Impl&) = delete;
    ~Impl();

    base::Result<void> listen();

    [[nodiscard]] ServerConfig& config() { return surroundings_->config; }

    std::list<std::shared_ptr<Connection>> connections_; ///< in the order of their coming

private:
    base::Result<void> listenOn(const std::string& address);
    void accept(GSocketConnection* socket);
    void makeRoom();
    void forget(Connection& connection);
    void checkAll();

    std::shared_ptr<Connection::Surroundings> surroundings_;
    base::Object<GSocketService> service_;
    base::Object<SoupServer> soup_;
    Connection* accepting_ = nullptr; ///< whose message libsoup is just making
    base::Timer checks_;
};

Server::Impl::Impl(ServerConfig config, Router router)
    : surroundings_(std::make_shared<Connection::Surroundings>(
          Connection::Surroundings{std::move(config), std::move(router),
                                   [this](Connection& connection) { forget(connection); }})),
      service_(base::Object<GSocketService>::adopt(g_socket_service_new())),
      soup_(base::Object<SoupServer>::adopt(
          static_cast<SoupServer*>(g_object_new(SOUP_TYPE_SERVER, "raw-paths", TRUE, nullptr)))) {
    g_socket_listener_set_backlog(G_SOCKET_LISTENER(service_.get()), kBacklog);
    g_signal_connect(service_.get(), "incoming",
                     G_CALLBACK(+[](GSocketService*, GSocketConnection* socket, GObject*,
                                    gpointer self) noexcept -> gboolean {
                         static_cast<Impl*>(self)->accept(socket);
                         return TRUE;
                     }),
                     this);
    g_signal_connect(
        soup_.get(), "request-started",
        G_CALLBACK(+[](SoupServer*, SoupServerMessage* message, gpointer self) noexcept {
            if (Connection* connection = static_cast<Impl*>(self)->accepting_) {
                connection->reader().attach(message);
            }
        }),
        this);
}

Server::Impl::~Impl() {
    g_socket_service_stop(service_.get());
    g_socket_listener_close(G_SOCKET_LISTENER(service_.get()));
    g_signal_handlers_disconnect_by_data(service_.get(), this);
    g_signal_handlers_disconnect_by_data(soup_.get(), this);
    surroundings_->onOver = nullptr;
    for (const auto& connection : connections_) {
        connection->drop();
    }
    soup_server_disconnect(soup_.get());
}

base::Result<void> Server::Impl::listen() {
    const bool both = config().address == "localhost";
    if (auto listening = listenOn(both ? "127.0.0.1" : config().address); !listening) {
        return listening;
    }
    if (both) {
        if (auto six = listenOn("::1"); !six) {
            kLog.debug("only on IPv4: " + six.error().message);
        }
    }
    g_socket_service_start(service_.get());
    return {};
}

base::Result<void> Server::Impl::listenOn(const std::string& address) {
    const auto wanted = base::Object<GSocketAddress>::adopt(
        g_inet_socket_address_new_from_string(address.c_str(), config().port));
    if (!wanted) {
        return base::fail(Problem::Malformed, "\"" + address + "\" is no numeric address");
    }
    base::ErrorOut error;
    GSocketAddress* effective = nullptr;
    if (!g_socket_listener_add_address(G_SOCKET_LISTENER(service_.get()), wanted.get(),
                                       G_SOCKET_TYPE_STREAM, G_SOCKET_PROTOCOL_TCP, nullptr,
                                       &effective, error)) {
        return base::fail(Problem::Conflict,
                          "cannot listen on " + address + ":" + std::to_string(config().port) +
                              " (" + error.message() +
                              "): stop what uses it, or choose another with --listen or listen in "
                              "the group [server]");
    }
    config().port = g_inet_socket_address_get_port(G_INET_SOCKET_ADDRESS(effective));
    g_clear_object(&effective);
    return {};
}

void Server::Impl::accept(GSocketConnection* socket) {
    makeRoom();
    if (connections_.size() >= config().connections) {
        kLog.warning("a client was turned away: [limits] connections is reached");
        return; // closed by going out of reach
    }
    GSocket* raw = g_socket_connection_get_socket(socket);
    g_socket_set_option(raw, IPPROTO_TCP, TCP_NODELAY, TRUE, nullptr);
    const auto local =
        base::Object<GSocketAddress>::adopt(g_socket_connection_get_local_address(socket, nullptr));
    const auto remote = base::Object<GSocketAddress>::adopt(
        g_socket_connection_get_remote_address(socket, nullptr));
    if (!local || !remote) {
        return; // gone already
    }
    const auto connection = std::make_shared<Connection>(
        base::Object<GSocketConnection>::retain(socket), surroundings_);
    connections_.push_back(connection);
    if (!checks_.active()) {
        const auto interval = std::min<base::Milliseconds>(
            base::Milliseconds(1000), std::min(config().requestLimit, config().idleLimit) / 4);
        checks_ = base::Timer::every(interval, [this] { checkAll(); });
    }
    accepting_ = connection.get();
    soup_server_accept_iostream(soup_.get(), G_IO_STREAM(socket), local.get(), remote.get(),
                                nullptr);
    accepting_ = nullptr;
}

/// The one that has waited longest without asking for anything goes first.
void Server::Impl::makeRoom() {
    if (connections_.size() < config().connections) {
        return;
    }
    const auto idle =
        std::find_if(connections_.begin(), connections_.end(),
                     [](const auto& connection) { return connection->dispensable(); });
    if (idle != connections_.end()) {
        const std::shared_ptr<Connection> victim = *idle;
        connections_.erase(idle);
        victim->close();
    }
}

void Server::Impl::forget(Connection& connection) {
    connections_.remove_if([&](const auto& other) { return other.get() == &connection; });
    if (connections_.empty()) {
        checks_.stop();
    }
}

void Server::Impl::checkAll() {
    const std::int64_t now = g_get_monotonic_time();
    const auto all = connections_; // some may go meanwhile
    for (const auto& connection : all) {
        connection->check(now);
    }
}

base::Result<std::unique_ptr<Server>> Server::start(ServerConfig config, Router router) {
    auto impl = std::make_unique<Impl>(std::move(config), std::move(router));
    if (auto listening = impl->listen(); !listening) {
        return base::fail(listening.error());
    }
    return std::unique_ptr<Server>(new Server(std::move(impl)));
}

Server::Server(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}

Server::~Server() = default;

std::uint16_t Server::port() const {
    return impl_->config().port;
}

std::string Server::url() const {
    std::string host = impl_->config().address;
    if (host == "0.0.0.0" || host == "::") {
        host = "localhost";
    }
    return "http://" + (isIpv6(host) ? "[" + host + "]" : host) + ":" + std::to_string(port()) +
           "/";
}

std::size_t Server::connections() const {
    return impl_->connections_.size();
}

} // namespace http
