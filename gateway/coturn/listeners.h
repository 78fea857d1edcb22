#pragma once

#include "pipelines/base/local_addresses.h"
#include "pipelines/base/result.h"

#include <optional>
#include <string>
#include <sys/socket.h>
#include <vector>

/// Where a relay can listen.
namespace coturn {

/// The addresses that `wanted` stands for, each once: "0.0.0.0" and "::" are all of their family
/// (the latter both, as the system has it), "localhost" both loopbacks. Never such a word itself:
/// coturn would listen on the media address too. Reentrant.
[[nodiscard]] std::vector<std::string> expand(const std::vector<std::string>& wanted,
                                              const std::vector<base::LocalAddress>& local);
/// Whether to listen anew, now that `expand` gives these: one has gone, or the first has come that
/// is not of the loopback. Others that come, such as a bridge of containers, are not worth the
/// sessions.
[[nodiscard]] bool outdated(const std::vector<std::string>& listening,
                            const std::vector<std::string>& now);
/// As the system calls take it; nothing when the address is not numeric.
struct NativeAddress {
    sockaddr_storage storage{};
    socklen_t length = 0;

    [[nodiscard]] const sockaddr* get() const {
        return reinterpret_cast<const sockaddr*>(&storage);
    }
};
[[nodiscard]] std::optional<NativeAddress> nativeAddress(const std::string& address, int port);

/// Whether nobody uses this port, over UDP or TCP, on any of the addresses; else who keeps it, as
/// "UDP port 3478 of 127.0.0.1 (Address already in use)".
[[nodiscard]] base::Result<void> checkFree(const std::vector<std::string>& addresses, int port);
/// Such a port, of those that the system gives away.
[[nodiscard]] base::Result<int> findFreePort(const std::vector<std::string>& addresses);

} // namespace coturn
