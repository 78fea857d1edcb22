#include "pipelines/base/result.h"

#include "pipelines/base/system_error.h"

#include <array>
#include <cerrno>
#include <cstring>

namespace base {

namespace {

struct Named {
    Problem problem;
    std::string_view name;
};

constexpr std::array kNames{
    Named{Problem::Malformed, "malformed"},
    Named{Problem::Unauthorized, "unauthorized"},
    Named{Problem::Forbidden, "forbidden"},
    Named{Problem::NotFound, "not-found"},
    Named{Problem::MethodNotAllowed, "method-not-allowed"},
    Named{Problem::Conflict, "conflict"},
    Named{Problem::PreconditionFailed, "precondition-failed"},
    Named{Problem::TooLarge, "too-large"},
    Named{Problem::UnsupportedType, "unsupported-type"},
    Named{Problem::Unprocessable, "unprocessable"},
    Named{Problem::PreconditionRequired, "precondition-required"},
    Named{Problem::TooManyRequests, "too-many-requests"},
    Named{Problem::Internal, "internal"},
    Named{Problem::Unavailable, "unavailable"},
    Named{Problem::Timeout, "timeout"},
    Named{Problem::NoSpace, "no-space"},
    Named{Problem::PeerLost, "peer-lost"},
    Named{Problem::MissingPackage, "missing-package"},
};

} // namespace

std::string_view nameOf(Problem problem) {
    for (const Named& entry : kNames) {
        if (entry.problem == problem) {
            return entry.name;
        }
    }
    return "internal";
}

Problem problemNamed(std::string_view name) {
    for (const Named& entry : kNames) {
        if (entry.name == name) {
            return entry.problem;
        }
    }
    return Problem::Internal;
}

Error Error::within(std::string_view context) const {
    return Error{problem, std::string(context) + ": " + message};
}

Error systemError(const std::string& what) {
    const Problem problem = errno == ENOENT                      ? Problem::NotFound
                            : errno == ENOSPC || errno == EDQUOT ? Problem::NoSpace
                                                                 : Problem::Internal;
    return {problem, what + ": " + std::strerror(errno)};
}

} // namespace base
