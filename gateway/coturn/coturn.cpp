#include "gateway/coturn/coturn.h"

#include "gateway/coturn/listeners.h"
#include "gateway/ice/ice_uri.h"
#include "pipelines/base/log.h"

#include <utility>

namespace coturn {

namespace {

using namespace std::chrono_literals;

constexpr base::Milliseconds kFirstPause = 500ms;
constexpr base::Milliseconds kLongestPause = 30s;
/// It is there after 50 ms. One that could not bind tries again for a minute: another port is
/// quicker.
constexpr base::Milliseconds kStartTime = 3s;
/// Having run so long, it did not end because of how it was started.
constexpr base::Milliseconds kStable = 60s;
constexpr base::Milliseconds kAddressCheck = 10s;

const base::Logger kLog("relay");

std::string inSeconds(base::Milliseconds time) {
    const std::string tenths = std::to_string(time.count() / 100);
    return (tenths.size() > 1 ? tenths.substr(0, tenths.size() - 1) : "0") + "." + tenths.back() +
           " s";
}

} // namespace

Coturn::Coturn(Settings settings, std::function<void()> onChanged)
    : settings_(std::move(settings)), onChanged_(std::move(onChanged)),
      backoff_(kFirstPause, kLongestPause) {
    chooseMediaAddress(place_);
    place_.secret = randomSecret();
    place_.realm = "spillway-" + randomSecret().substr(0, 8); // by which the probe knows it
    addressChecks_ = base::Timer::every(kAddressCheck, [this] { checkAddresses(); });
    start();
}

/// The port of the last time where that is possible: it was handed out.
base::Result<void> Coturn::choosePlace() {
    place_.addresses = expand(settings_.listen, base::localAddresses());
    if (place_.addresses.empty()) { // without any, coturn would listen on all
        return base::fail(base::Problem::Unavailable, "this machine has no address now");
    }
    place_.relayAddress = relayAddressOf(place_.addresses);
    if (settings_.port != 0) {
        place_.port = settings_.port;
        return checkFree(place_.addresses, place_.port);
    }
    if (place_.port != 0 && checkFree(place_.addresses, place_.port)) {
        return {};
    }
    const auto port = findFreePort(place_.addresses);
    if (!port) {
        return base::fail(port.error());
    }
    place_.port = *port;
    return {};
}

void Coturn::start() {
    stage_ = Stage::Starting;
    if (auto chosen = choosePlace(); !chosen) {
        failed("it cannot listen: " + chosen.error().message);
        return;
    }
    auto process = startCoturn(settings_.program, configText(place_),
                               [this](const std::string& reason) { failed("it " + reason); });
    if (!process) {
        failed(process.error().message);
        return;
    }
    process_ = std::move(*process);
    probe_ = std::make_unique<RelayProbe>(place_.addresses, place_.port, place_.realm, kStartTime,
                                          [this](const base::Result<void>& answered) {
                                              if (answered) {
                                                  onReady();
                                              } else {
                                                  failed(answered.error().message);
                                              }
                                          });
}

void Coturn::onReady() {
    stage_ = Stage::Ready;
    failure_.reset();
    probe_.reset();
    std::string where;
    for (const std::string& address : place_.addresses) {
        where += (where.empty() ? "" : ", ") + ice::hostAndPort(address, place_.port);
    }
    kLog.info("coturn listens on " + where + " (process " + std::to_string(pid()) + ")");
    timer_ = base::Timer::once(kStable, [this] { backoff_.reset(); });
    onChanged_();
}

void Coturn::failed(const std::string& reason) {
    if (stage_ == Stage::Starting) {
        place_.port = 0; // perhaps another one is better
    }
    const base::Milliseconds pause = backoff_.next();
    stage_ = pause == kFirstPause ? Stage::FirstPause : Stage::Pausing;
    failure_ = reason;
    kLog.warning("no relay of our own, coturn: " + reason + "; next try in " + inSeconds(pause));
    timer_ = base::Timer::once(pause, [this] { start(); });
    probe_.reset();
    process_.reset();
    onChanged_();
}

/// Such as when the network comes up after us. Addresses that are named in the settings stay.
void Coturn::checkAddresses() {
    if (stage_ != Stage::Ready ||
        !outdated(place_.addresses, expand(settings_.listen, base::localAddresses()))) {
        return;
    }
    kLog.info("the addresses of this machine have changed: coturn starts anew");
    process_.reset();
    start();
}

} // namespace coturn
