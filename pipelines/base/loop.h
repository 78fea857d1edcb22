#pragma once

#include "pipelines/base/units.h"

#include <functional>
#include <memory>

/// The main thread: the default GMainContext of the process, which owns all our state.
namespace base {

/// Runs `work` once on the main thread, later. Thread-safe. In the order posted.
void post(std::function<void()> work);

/// A timer on the main thread; destroying or stopping it means that it does not fire again.
/// Thread-bound. Movable, so that it can be a member or live in a container.
class Timer {
public:
    Timer() = default;
    Timer(const Timer&) = delete;
    Timer& operator=(const Timer&) = delete;
    Timer(Timer&& other) noexcept;
    Timer& operator=(Timer&& other) noexcept;
    ~Timer() { stop(); }

    static Timer once(Milliseconds delay, std::function<void()> work);
    static Timer every(Milliseconds interval, std::function<void()> work);

    void stop();
    [[nodiscard]] bool active() const;

private:
    struct Shot;
    static unsigned attach(Shot* shot, Milliseconds interval);

    /// Owned by the GSource; cleared there when it has fired for the last time.
    std::shared_ptr<unsigned> source_;
};

} // namespace base
