#include "pipelines/base/ip_address.h"

#include <arpa/inet.h>
#include <netinet/in.h>

namespace base {

bool isLoopback(const std::string& address) {
    constexpr std::uint8_t kNetwork = 127;
    in_addr four{};
    if (inet_pton(AF_INET, address.c_str(), &four) == 1) {
        return ntohl(four.s_addr) >> 24 == kNetwork;
    }
    in6_addr six{};
    return inet_pton(AF_INET6, address.c_str(), &six) == 1 &&
           (IN6_IS_ADDR_LOOPBACK(&six) ||
            (IN6_IS_ADDR_V4MAPPED(&six) && six.s6_addr[12] == kNetwork));
}

} // namespace base
