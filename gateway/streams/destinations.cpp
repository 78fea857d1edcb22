#include "gateway/streams/destinations.h"

#include "pipelines/base/unique.h"

#include <algorithm>
#include <arpa/inet.h>
#include <cstring>
#include <gio/gio.h>
#include <ifaddrs.h>
#include <memory>
#include <net/if.h>
#include <netdb.h>
#include <sys/socket.h>

namespace streams {

namespace {

using Address = base::Object<GInetAddress>;

/// Empty for a text that is no address. An IPv4-mapped IPv6 address becomes the IPv4 address.
Address parse(const std::string& text) {
    auto address = Address::adopt(g_inet_address_new_from_string(text.c_str()));
    static constexpr guint8 kMapped[12] = {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff};
    if (address && g_inet_address_get_family(address.get()) == G_SOCKET_FAMILY_IPV6) {
        const guint8* bytes = g_inet_address_to_bytes(address.get());
        if (std::equal(std::begin(kMapped), std::end(kMapped), bytes)) {
            return Address::adopt(g_inet_address_new_from_bytes(bytes + 12, G_SOCKET_FAMILY_IPV4));
        }
    }
    return address;
}

bool isBroadcast(const Address& address) {
    if (g_inet_address_get_family(address.get()) != G_SOCKET_FAMILY_IPV4) {
        return false;
    }
    in_addr wanted{};
    std::memcpy(&wanted, g_inet_address_to_bytes(address.get()), sizeof wanted);
    if (wanted.s_addr == INADDR_BROADCAST) {
        return true;
    }
    ifaddrs* all = nullptr;
    if (::getifaddrs(&all) != 0) {
        return false;
    }
    const std::unique_ptr<ifaddrs, decltype(&::freeifaddrs)> owned(all, ::freeifaddrs);
    for (const ifaddrs* one = all; one != nullptr; one = one->ifa_next) {
        const sockaddr* broadcast =
            (one->ifa_flags & IFF_BROADCAST) != 0 ? one->ifa_broadaddr : nullptr;
        if (broadcast != nullptr && broadcast->sa_family == AF_INET &&
            reinterpret_cast<const sockaddr_in*>(broadcast)->sin_addr.s_addr == wanted.s_addr) {
            return true;
        }
    }
    return false;
}

bool covers(const std::string& allowed, const Address& address) {
    const auto mask = base::Object<GInetAddressMask>::adopt(
        g_inet_address_mask_new_from_string(allowed.c_str(), nullptr));
    return mask && g_inet_address_mask_matches(mask.get(), address.get());
}

} // namespace

base::Result<std::string> checkReceiver(const std::string& host, int port, int ports,
                                        const std::vector<std::string>& allowed) {
    using base::Problem;
    if (port < 1024 || port + ports - 1 > 65535) {
        return base::fail(Problem::Unprocessable, "port must be from 1024 to " +
                                                      std::to_string(65536 - ports) +
                                                      " for this type");
    }
    if (port % 2 != 0) {
        return base::fail(Problem::Unprocessable,
                          "port must be even: RTP uses it, and RTCP the odd one after it");
    }
    const Address address = parse(host == "localhost" ? "127.0.0.1" : host);
    if (!address || g_inet_address_get_is_any(address.get()) ||
        (g_inet_address_get_is_link_local(address.get()) && host.find(':') != std::string::npos)) {
        return base::fail(Problem::Unprocessable,
                          "host must be the numeric address of one receiver");
    }
    if (g_inet_address_get_is_multicast(address.get()) || isBroadcast(address)) {
        return base::fail(
            Problem::Unprocessable,
            "host must be one receiver, not a group: multicast is set by [rtp] destination");
    }
    if (!g_inet_address_get_is_loopback(address.get()) &&
        std::none_of(allowed.begin(), allowed.end(),
                     [&](const std::string& entry) { return covers(entry, address); })) {
        return base::fail(Problem::Forbidden,
                          "this host is not allowed: add it to [rtp] allowed-destinations");
    }
    return std::string(base::UniqueString(g_inet_address_to_string(address.get())).get());
}

std::string senderTowards(const std::string& destination) {
    const Address address = parse(destination);
    if (!address) {
        return "127.0.0.1";
    }
    const int family = g_inet_address_get_family(address.get());
    const std::string unknown = family == AF_INET6 ? "::1" : "127.0.0.1";
    const auto target =
        base::Object<GSocketAddress>::adopt(g_inet_socket_address_new(address.get(), 9));
    sockaddr_storage storage{};
    const base::UniqueFd probe(::socket(family, SOCK_DGRAM | SOCK_CLOEXEC, 0));
    socklen_t size = static_cast<socklen_t>(g_socket_address_get_native_size(target.get()));
    // Connecting a datagram socket sends nothing: it only asks the routing table.
    if (!probe || !g_socket_address_to_native(target.get(), &storage, sizeof storage, nullptr) ||
        ::connect(probe.get(), reinterpret_cast<const sockaddr*>(&storage), size) != 0) {
        return unknown;
    }
    size = sizeof storage;
    char text[NI_MAXHOST];
    if (::getsockname(probe.get(), reinterpret_cast<sockaddr*>(&storage), &size) != 0 ||
        ::getnameinfo(reinterpret_cast<const sockaddr*>(&storage), size, text, sizeof text, nullptr,
                      0, NI_NUMERICHOST) != 0) {
        return unknown;
    }
    return text;
}

} // namespace streams
