#include "gateway/coturn/embedded_relay.h"

#include "gateway/coturn/listeners.h"
#include "gateway/ice/credentials.h"
#include "gateway/ice/ice_uri.h"
#include "pipelines/base/ip_address.h"
#include "pipelines/base/log.h"

#include <algorithm>
#include <utility>

namespace coturn {

namespace {

using namespace std::chrono_literals;
using base::Problem;

/// How long the first one who asks waits for coturn to start.
constexpr base::Milliseconds kLongestWait = 2s;

const base::Logger kLog("relay");

constexpr const char* kMissing =
    "coturn is not installed, so there is no relay for publishers whose network lets no UDP "
    "through: install the Debian package coturn, or name a relay in the group [relay]";

std::string hostFor(const RelayPlace& place, const ice::Inquiry& inquiry) {
    const auto& addresses = place.addresses;
    const auto loopback = std::find_if(addresses.begin(), addresses.end(), base::isLoopback);
    if (inquiry.loopback && loopback != addresses.end()) {
        return *loopback;
    }
    if (std::all_of(addresses.begin(), addresses.end(), base::isLoopback)) {
        return ""; // the client is elsewhere
    }
    if (!place.publicAddress.empty()) {
        return place.publicAddress;
    }
    return addresses.size() == 1 ? addresses.front() : inquiry.host;
}

} // namespace

std::vector<std::string> urlsFor(const RelayPlace& place, const ice::Inquiry& inquiry) {
    const std::string host = hostFor(place, inquiry);
    if (host.empty()) {
        return {};
    }
    const std::string url = "turn:" + ice::hostAndPort(host, place.port) + "?transport=";
    return {url + "udp", url + "tcp"};
}

base::Result<std::unique_ptr<EmbeddedRelay>>
EmbeddedRelay::start(const ice::Settings& settings, const std::string& serverAddress,
                     const std::string& publicAddress) {
    Coturn::Settings coturn{findCoturn(), settings.listen, settings.port};
    if (coturn.program.empty()) {
        if (settings.embedded == ice::Settings::Embedded::Yes) {
            return base::fail(Problem::MissingPackage, kMissing);
        }
        kLog.warning(kMissing);
        return nullptr;
    }
    if (coturn.listen.empty()) {
        coturn.listen = {serverAddress};
    }
    return std::unique_ptr<EmbeddedRelay>(
        new EmbeddedRelay(std::move(coturn), settings.ttl, publicAddress));
}

EmbeddedRelay::EmbeddedRelay(Coturn::Settings settings, std::chrono::seconds ttl,
                             std::string publicAddress)
    : ttl_(ttl), publicAddress_(std::move(publicAddress)),
      coturn_(std::make_unique<Coturn>(std::move(settings), [this] { onChanged(); })) {}

void EmbeddedRelay::describe(control::IceSettings& ice) const {
    ice.mediaAddress = coturn_->place().mediaAddress;
    ice.mediaAlias = coturn_->place().mediaAlias;
}

void EmbeddedRelay::ask(const ice::Inquiry& inquiry, ice::Answer done) {
    waiting_.emplace_back(inquiry, std::move(done));
    if (coturn_->ready() || !coturn_->soon()) {
        deadline_ = base::Timer::once(0ms, [this] { answerAll(); });
    } else if (!deadline_.active()) {
        deadline_ = base::Timer::once(kLongestWait, [this] { answerAll(); });
    }
}

void EmbeddedRelay::onChanged() {
    if (coturn_ && !coturn_->soon()) {
        answerAll();
    }
}

void EmbeddedRelay::answerAll() {
    deadline_.stop();
    for (const auto& [inquiry, done] : std::exchange(waiting_, {})) {
        done(answerTo(inquiry));
    }
}

base::Result<ice::IceConfiguration> EmbeddedRelay::answerTo(const ice::Inquiry& inquiry) const {
    if (!coturn_->ready()) {
        return base::fail(Problem::Unavailable,
                          coturn_->failure()
                              ? "Spillway's own relay (coturn) is being started again: " +
                                    *coturn_->failure()
                              : "Spillway's own relay (coturn) is starting: try again in a moment");
    }
    ice::IceConfiguration answer;
    const CoturnSettings& place = coturn_->place();
    const auto urls = urlsFor({place.addresses, place.port, publicAddress_}, inquiry);
    if (urls.empty()) {
        kLog.debug(
            "no relay for a publisher elsewhere: [relay] listen has only loopback addresses");
        return answer;
    }
    const ice::Credentials made =
        ice::makeCredentials(place.secret, ice::wallClock() + ttl_, ice::randomId());
    answer.servers = {{urls, made.username, made.password}};
    answer.ttl = ttl_;
    return answer;
}

} // namespace coturn
