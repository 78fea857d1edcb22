#pragma once

#include "pipelines/base/result.h"

#include <optional>
#include <string>
#include <string_view>

namespace ice {

/// The address of a STUN or TURN server (RFC 7064, RFC 7065). A value. Reentrant.
struct IceUri {
    enum class Scheme { Stun, Stuns, Turn, Turns };
    enum class Transport { Udp, Tcp };

    Scheme scheme = Scheme::Stun;
    std::string host;                   ///< a name or a numeric address, without brackets
    int port = 0;                       ///< 0: none is given
    std::optional<Transport> transport; ///< between client and server, as `?transport=` has it

    /// Of at most kLongest characters; the error says what is wrong, as "must be …".
    static base::Result<IceUri> parse(std::string_view text);
    static constexpr std::size_t kLongest = 400;

    [[nodiscard]] bool relays() const { return scheme == Scheme::Turn || scheme == Scheme::Turns; }
    [[nodiscard]] bool secure() const { return scheme == Scheme::Stuns || scheme == Scheme::Turns; }
    /// 3478, or 5349 of the secure ones, where none is given.
    [[nodiscard]] int portOrDefault() const { return port != 0 ? port : secure() ? 5349 : 3478; }
    [[nodiscard]] Transport transportOrDefault() const {
        return transport.value_or(secure() ? Transport::Tcp : Transport::Udp);
    }
    /// In lower case, and with nothing that was not given.
    [[nodiscard]] std::string print() const;
};

/// "[::1]:3478", "127.0.0.1:3478"; also of a name.
[[nodiscard]] std::string hostAndPort(const std::string& host, int port);

} // namespace ice
