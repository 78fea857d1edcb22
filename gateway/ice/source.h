#pragma once

#include "gateway/ice/ice_server.h"
#include "pipelines/base/result.h"

#include <functional>
#include <string>

namespace http {
struct Request;
}

namespace ice {

/// Who wants servers.
struct Inquiry {
    std::string stream;    ///< empty: not said
    std::string host;      ///< the name by which the client reached us, without a port
    bool loopback = false; ///< the client is on this machine
};

[[nodiscard]] Inquiry inquiryOf(const http::Request& request, const std::string& stream);

using Answer = std::function<void(base::Result<IceConfiguration>)>;

/// One place where servers come from. Owned by IceServers. Thread-bound.
class Source {
public:
    Source() = default;
    Source(const Source&) = delete;
    Source& operator=(const Source&) = delete;
    virtual ~Source() = default;

    /// `done` is called once, later, within kLongestAnswer; never when the source is gone.
    virtual void ask(const Inquiry& inquiry, Answer done) = 0;
    /// As messages call it: the key in [relay] that it comes from.
    [[nodiscard]] virtual std::string name() const = 0;

    static constexpr std::chrono::milliseconds kLongestAnswer{3500};
};

} // namespace ice
