#include "gateway/streams/ports.h"

#include "pipelines/base/unique.h"

#include <netinet/in.h>
#include <sys/socket.h>

namespace streams {

namespace {

/// Tried by binding, on all addresses of both families where there is IPv6.
bool unbound(int port) {
    const base::UniqueFd both(::socket(AF_INET6, SOCK_DGRAM | SOCK_CLOEXEC, 0));
    if (both) {
        sockaddr_in6 address{};
        address.sin6_family = AF_INET6;
        address.sin6_port = htons(static_cast<std::uint16_t>(port));
        const int off = 0;
        ::setsockopt(both.get(), IPPROTO_IPV6, IPV6_V6ONLY, &off, sizeof off);
        if (::bind(both.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0) {
            return false;
        }
        return true;
    }
    const base::UniqueFd old(::socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0));
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(static_cast<std::uint16_t>(port));
    return ::bind(old.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0;
}

} // namespace

Ports::Ports(int first, int last)
    : first_(first + first % 2), last_(last % 2 == 1 ? last - 1 : last - 2), cursor_(first_) {}

std::optional<int> Ports::allot(int before) {
    if (before != 0 && taken_.insert(before).second) {
        return before;
    }
    const int count = (last_ - first_) / 2 + 1;
    for (int i = 0; i < count; ++i) {
        const int port = cursor_;
        cursor_ = cursor_ + 2 > last_ ? first_ : cursor_ + 2;
        if (!taken_.contains(port) && unbound(port) && unbound(port + 1)) {
            taken_.insert(port);
            return port;
        }
    }
    return std::nullopt;
}

} // namespace streams
