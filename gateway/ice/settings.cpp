#include "gateway/ice/settings.h"

#include "pipelines/base/unique.h"

#include <array>
#include <cerrno>
#include <cstring>
#include <fcntl.h>
#include <sys/stat.h>

namespace ice {

using base::Problem;

namespace {

/// More than any secret has.
constexpr std::size_t kLongestSecretFile = 4096;

base::Result<std::string> readFile(const std::string& path) {
    const auto failed = [&] {
        return base::fail(
            Problem::Forbidden,
            "[relay] secret-file " + path + " cannot be read: " + std::strerror(errno) +
                (errno == EACCES ? "; let the user that Spillway runs as read it, and nobody else"
                                 : ""));
    };
    // Not waiting for the writer of a pipe.
    const base::UniqueFd file(::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK));
    if (!file) {
        return failed();
    }
    std::array<char, kLongestSecretFile + 1> block{};
    std::string text;
    ssize_t got = 0;
    while (text.size() <= kLongestSecretFile &&
           (got = ::read(file.get(), block.data(), block.size())) > 0) {
        text.append(block.data(), static_cast<std::size_t>(got));
    }
    if (got < 0) {
        return failed();
    }
    return text;
}

} // namespace

base::Result<std::string> readSecret(const Settings& settings) {
    if (settings.secretFile.empty()) {
        return settings.secret;
    }
    auto text = readFile(settings.secretFile);
    if (!text) {
        return text;
    }
    std::string secret = std::move(*text);
    secret.erase(secret.find_last_not_of(" \t\r\n") + 1);
    if (secret.empty() || secret.size() >= kLongestSecretFile || !isPrintable(secret)) {
        return base::fail(Problem::Malformed,
                          "[relay] secret-file " + settings.secretFile +
                              " must hold the secret as one line of printable ASCII characters");
    }
    return secret;
}

} // namespace ice
