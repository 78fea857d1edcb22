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

/// Servers that need nobody to be asked.
class LocalSource final : public Source {
public:
    LocalSource(std::string name, std::function<IceConfiguration()> make)
        : name_(std::move(name)), make_(std::move(make)) {}

    void ask(const Inquiry&, Answer done) override {
        base::post([done = std::move(done), answer = make_()] { done(answer); });
    }
    [[nodiscard]] std::string name() const override { return name_; }

private:
    std::string name_;
    std::function<IceConfiguration()> make_;
};

std::unique_ptr<Source> fixed(const std::string& name, const IceServer& server) {
    return std::make_unique<LocalSource>(name,
                                         [answer = IceConfiguration{{server}}] { return answer; });
}

} // namespace

base::Result<Sources> configuredSources(const Settings& settings, const Clock& clock) {
    Sources sources;
    if (!settings.stun.empty()) {
        sources.push_back(fixed("stun", {settings.stun, "", ""}));
    }
    if (!settings.urls.empty()) {
        auto secret = readSecret(settings);
        if (!secret) {
            return base::fail(secret.error());
        }
        if (!settings.secretFile.empty()) {
            warnOfReaders(settings.secretFile);
        }
        sources.push_back(std::make_unique<LocalSource>(
            "urls", [urls = settings.urls, secret = *secret, ttl = settings.ttl, clock] {
                const Credentials made = makeCredentials(secret, clock() + ttl, randomId());
                return IceConfiguration{{{urls, made.username, made.password}}, Policy::All, ttl};
            }));
    }
    if (!settings.fixedUrls.empty()) {
        sources.push_back(
            fixed("fixed-urls", {settings.fixedUrls, settings.username, settings.credential}));
    }
    if (!settings.serviceUrl.empty()) {
        sources.push_back(
            std::make_unique<ServiceSource>(settings.serviceUrl, settings.serviceHeaders));
    }
    return sources;
}

} // namespace ice
