#pragma once

#include <string>
#include <string_view>
#include <tl/expected.hpp>
#include <utility>

namespace base {

/// What went wrong, as a caller can act on it. One value per kind of problem the HTTP interface
/// reports (RFC 9457); gateway/http has the one table from here to status codes.
enum class Problem {
    Malformed,    ///< cannot be parsed
    Unauthorized, ///< no token, or a wrong one
    Forbidden,    ///< never allowed from here
    NotFound,
    MethodNotAllowed,
    Conflict,           ///< not in the present state
    PreconditionFailed, ///< If-Match names another state
    TooLarge,
    UnsupportedType,      ///< media type not taken here
    Unprocessable,        ///< well formed, but nothing we can do with it
    PreconditionRequired, ///< If-Match missing
    TooManyRequests,
    Internal,       ///< ours
    Unavailable,    ///< not now; later it may
    Timeout,        ///< a deadline passed
    NoSpace,        ///< the disk is full
    PeerLost,       ///< the other side went away
    MissingPackage, ///< something is not installed
};

/// "unprocessable" and so on: the last part of a problem's type URI, and the word in messages
/// between the processes.
std::string_view nameOf(Problem problem);
/// Problem::Internal for a name that nobody knows.
Problem problemNamed(std::string_view name);

struct Error {
    Problem problem = Problem::Internal;
    std::string message; ///< one sentence that says what to do, without a final newline

    /// "context: message"
    [[nodiscard]] Error within(std::string_view context) const;
};

template <class T>
using Result = tl::expected<T, Error>;

[[nodiscard]] inline tl::unexpected<Error> fail(Problem problem, std::string message) {
    return tl::unexpected<Error>(Error{problem, std::move(message)});
}
[[nodiscard]] inline tl::unexpected<Error> fail(Error error) {
    return tl::unexpected<Error>(std::move(error));
}

} // namespace base
