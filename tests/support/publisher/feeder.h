#pragma once

#include "pipelines/base/units.h"
#include "tests/support/publisher/media.h"

#include <condition_variable>
#include <cstdint>
#include <functional>
#include <mutex>
#include <thread>

namespace publisher {

/// Hands the access units of a file to `send`, each at its time, from a thread of its own; over and
/// over when `loop`. Owned by main; the media outlives it. Thread-bound.
class Feeder {
public:
    struct Handlers {
        std::function<void(const AccessUnit&, base::Nanoseconds at)>
            send;                    ///< on the feeder's thread
        std::function<void()> onEnd; ///< on the main thread, when the file is at its end
    };

    Feeder(const Media& media, bool loop, Handlers handlers);
    Feeder(const Feeder&) = delete;
    Feeder& operator=(const Feeder&) = delete;
    ~Feeder();

private:
    void run();
    bool waitUntil(std::chrono::steady_clock::time_point when);

    const Media& media_;
    const bool loop_;
    Handlers handlers_;
    std::mutex mutex_;
    std::condition_variable stopping_;
    bool stop_ = false;
    std::thread thread_;
};

} // namespace publisher
