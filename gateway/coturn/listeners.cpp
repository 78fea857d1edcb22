#include "gateway/coturn/listeners.h"

#include "pipelines/base/ip_address.h"
#include "pipelines/base/unique.h"

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <gio/gio.h>
#include <netinet/in.h>

namespace coturn {

namespace {

using base::Problem;

constexpr int kTries = 50;

struct Bound {
    base::UniqueFd socket;
    int port = 0;
};

base::Object<GInetAddress> parse(const std::string& address) {
    return base::Object<GInetAddress>::adopt(g_inet_address_new_from_string(address.c_str()));
}

/// Fails with the system's words. Port 0 is any free one.
base::Result<Bound> bindTo(const std::string& address, int port, int type) {
    auto native = nativeAddress(address, port);
    if (!native) {
        return base::fail(Problem::Malformed, "it is no numeric address");
    }
    auto* raw = reinterpret_cast<sockaddr*>(&native->storage);
    Bound bound{base::UniqueFd(::socket(raw->sa_family, type | SOCK_CLOEXEC, 0)), 0};
    const int yes = 1;
    // What is left of connections that ended does not keep a TCP port.
    if (type == SOCK_STREAM && bound.socket) {
        ::setsockopt(bound.socket.get(), SOL_SOCKET, SO_REUSEADDR, &yes, sizeof yes);
    }
    if (!bound.socket || ::bind(bound.socket.get(), raw, native->length) != 0 ||
        ::getsockname(bound.socket.get(), raw, &native->length) != 0) {
        return base::fail(Problem::Conflict, std::strerror(errno));
    }
    bound.port =
        ntohs(raw->sa_family == AF_INET6 ? reinterpret_cast<const sockaddr_in6*>(raw)->sin6_port
                                         : reinterpret_cast<const sockaddr_in*>(raw)->sin_port);
    return bound;
}

base::Result<int> anyPort(const std::string& address) {
    return bindTo(address, 0, SOCK_DGRAM).map([](const Bound& bound) { return bound.port; });
}

} // namespace

std::vector<std::string> expand(const std::vector<std::string>& wanted,
                                const std::vector<base::LocalAddress>& local) {
    std::vector<std::string> addresses;
    const auto add = [&](const std::string& address) {
        if (std::find(addresses.begin(), addresses.end(), address) == addresses.end()) {
            addresses.push_back(address);
        }
    };
    const auto has = [&](const std::string& address) {
        return std::any_of(local.begin(), local.end(),
                           [&](const auto& each) { return each.address == address; });
    };
    for (const std::string& each : wanted) {
        if (each == "0.0.0.0" || each == "::") {
            for (const base::LocalAddress& own : local) {
                if (each == "::" || !own.ipv6) {
                    add(own.address);
                }
            }
        } else if (each == "localhost") {
            add("127.0.0.1");
            if (has("::1")) {
                add("::1");
            }
        } else {
            add(each);
        }
    }
    return addresses;
}

bool outdated(const std::vector<std::string>& listening, const std::vector<std::string>& now) {
    const auto gone = [&](const std::string& address) {
        return std::find(now.begin(), now.end(), address) == now.end();
    };
    const auto lonely = [](const std::vector<std::string>& addresses) {
        return std::all_of(addresses.begin(), addresses.end(), base::isLoopback);
    };
    return std::any_of(listening.begin(), listening.end(), gone) ||
           (lonely(listening) && !lonely(now));
}

std::optional<NativeAddress> nativeAddress(const std::string& address, int port) {
    const auto numeric = parse(address);
    if (!numeric) {
        return std::nullopt;
    }
    const auto wanted = base::Object<GSocketAddress>::adopt(
        g_inet_socket_address_new(numeric.get(), static_cast<guint16>(port)));
    NativeAddress native;
    g_socket_address_to_native(wanted.get(), &native.storage, sizeof native.storage, nullptr);
    native.length = static_cast<socklen_t>(g_socket_address_get_native_size(wanted.get()));
    return native;
}

base::Result<void> checkFree(const std::vector<std::string>& addresses, int port) {
    for (const std::string& address : addresses) {
        for (const int type : {SOCK_DGRAM, SOCK_STREAM}) {
            if (const auto bound = bindTo(address, port, type); !bound) {
                return base::fail(Problem::Conflict,
                                  (type == SOCK_DGRAM ? "UDP port " : "TCP port ") +
                                      std::to_string(port) + " of " + address + " (" +
                                      bound.error().message + ")");
            }
        }
    }
    return {};
}

base::Result<int> findFreePort(const std::vector<std::string>& addresses) {
    base::Error last{Problem::Internal, "there is no address to listen on"};
    for (int i = 0; i < kTries && !addresses.empty(); ++i) {
        const auto port = anyPort(addresses.front());
        if (!port) {
            return base::fail(port.error().within(addresses.front()));
        }
        const auto free = checkFree(addresses, *port);
        if (free) {
            return port;
        }
        last = free.error();
    }
    return base::fail(last.within("no port is free"));
}

} // namespace coturn
