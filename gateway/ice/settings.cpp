#include "gateway/ice/settings.h"

#include "pipelines/base/unique.h"

#include <array>
#include <cerrno>
#include <cstring>
#include <fcntl.h>
#include <sys/stat.h>

namespace ice {

using base::Error;
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

void checkShared(const Settings& settings, std::vector<Error>& errors) {
    const bool hasSecret = !settings.secret.empty() || !settings.secretFile.empty();
    if (!settings.urls.empty() && !hasSecret) {
        errors.push_back({Problem::Malformed,
                          "[relay] urls needs secret or secret-file, the static-auth-secret of "
                          "those relays; relays with a fixed name and password belong in "
                          "fixed-urls"});
    }
    if (settings.urls.empty() && hasSecret) {
        errors.push_back(
            {Problem::Malformed,
             "[relay] secret and secret-file need urls, the relays that they are for"});
    }
    if (!settings.secret.empty() && !settings.secretFile.empty()) {
        errors.push_back(
            {Problem::Malformed, "[relay] takes secret or secret-file, not both of them"});
    } else if (!settings.secretFile.empty()) {
        if (auto secret = readSecret(settings); !secret) {
            errors.push_back(secret.error());
        }
    }
    if (settings.urls.empty() && !settings.realm.empty()) {
        errors.push_back(
            {Problem::Malformed, "[relay] realm needs urls, the relays that should have it"});
    }
}

} // namespace

std::vector<Error> checkTogether(const Settings& settings) {
    std::vector<Error> errors;
    checkShared(settings, errors);
    const bool credentials = !settings.username.empty() && !settings.credential.empty();
    if (!settings.fixedUrls.empty() && !credentials) {
        errors.push_back({Problem::Malformed, "[relay] fixed-urls needs username and credential"});
    }
    if (settings.fixedUrls.empty() && !(settings.username.empty() && settings.credential.empty())) {
        errors.push_back(
            {Problem::Malformed,
             "[relay] username and credential need fixed-urls, the relays that they are for"});
    }
    if (settings.serviceUrl.empty() && !settings.serviceHeaders.empty()) {
        errors.push_back({Problem::Malformed, "[relay] service-headers needs service-url"});
    }
    if (settings.policy == Policy::Relay && !settings.namesRelay() && !settings.runsRelay()) {
        errors.push_back({Problem::Malformed,
                          "[relay] policy=relay needs a relay: urls, fixed-urls, service-url or "
                          "embedded=yes"});
    }
    return errors;
}

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
