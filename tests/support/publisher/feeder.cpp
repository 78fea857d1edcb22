#include "tests/support/publisher/feeder.h"

#include "pipelines/base/loop.h"

namespace publisher {

Feeder::Feeder(const Media& media, bool loop, Handlers handlers)
    : media_(media), loop_(loop), handlers_(std::move(handlers)), thread_([this] { run(); }) {}

Feeder::~Feeder() {
    {
        const std::lock_guard lock(mutex_);
        stop_ = true;
    }
    stopping_.notify_one();
    thread_.join();
}

void Feeder::run() {
    const auto start = std::chrono::steady_clock::now();
    base::Nanoseconds offset{0};
    do {
        for (const AccessUnit& unit : media_.units) {
            if (unit.at >= media_.duration) {
                continue; // sound beyond the last picture
            }
            if (!waitUntil(start + offset + unit.at)) {
                return;
            }
            handlers_.send(unit, offset + unit.at);
        }
        offset += media_.duration;
    } while (loop_);
    base::post(handlers_.onEnd);
}

/// False when stopped.
bool Feeder::waitUntil(std::chrono::steady_clock::time_point when) {
    std::unique_lock lock(mutex_);
    return !stopping_.wait_until(lock, when, [this] { return stop_; });
}

} // namespace publisher
