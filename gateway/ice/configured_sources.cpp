#include "gateway/ice/configured_sources.h"

#include "gateway/ice/service_source.h"
#include "pipelines/base/log.h"
#include "pipelines/base/loop.h"

#include <sys/stat.h>
#include <utility>

namespace ice {

namespace {

const base::Logger kLog("relay");

void warnOfReaders(const std::string& file) {
    struct stat facts {};
    if (::stat(file.c_str(), &facts) == 0 && (facts.st_mode & S_IROTH) != 0) {
        kLog.warning("[relay] secret-file " + file +
                     " can be read by every user of this machine: chmod o-r it");
    }
}

} // namespace

FixedSource::FixedSource(std::string name, IceServer server)
    : name_(std::move(name)), server_(std::move(server)) {}

void FixedSource::ask(const Inquiry&, Answer done) {
    IceConfiguration answer;
    answer.servers = {server_};
    base::post([done = std::move(done), answer = std::move(answer)] { done(answer); });
}

SecretSource::SecretSource(std::vector<std::string> urls, std::string secret,
                           std::chrono::seconds ttl, Clock clock)
    : urls_(std::move(urls)), secret_(std::move(secret)), ttl_(ttl), clock_(std::move(clock)) {}

void SecretSource::ask(const Inquiry&, Answer done) {
    const Credentials made = makeCredentials(secret_, clock_() + ttl_, randomId());
    IceConfiguration answer;
    answer.servers = {{urls_, made.username, made.password}};
    answer.ttl = ttl_;
    base::post([done = std::move(done), answer = std::move(answer)] { done(answer); });
}

base::Result<Sources> configuredSources(const Settings& settings) {
    Sources sources;
    if (!settings.stun.empty()) {
        sources.push_back(std::make_unique<FixedSource>("stun", IceServer{settings.stun, "", ""}));
    }
    if (!settings.urls.empty()) {
        auto secret = readSecret(settings);
        if (!secret) {
            return base::fail(secret.error());
        }
        if (!settings.secretFile.empty()) {
            warnOfReaders(settings.secretFile);
        }
        sources.push_back(
            std::make_unique<SecretSource>(settings.urls, std::move(*secret), settings.ttl));
    }
    if (!settings.fixedUrls.empty()) {
        sources.push_back(std::make_unique<FixedSource>(
            "fixed-urls", IceServer{settings.fixedUrls, settings.username, settings.credential}));
    }
    if (!settings.serviceUrl.empty()) {
        sources.push_back(
            std::make_unique<ServiceSource>(settings.serviceUrl, settings.serviceHeaders));
    }
    return sources;
}

} // namespace ice
