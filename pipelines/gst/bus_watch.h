#pragma once

#include "pipelines/base/result.h"
#include "pipelines/gst/ref.h"

#include <functional>
#include <memory>

namespace gst {

/// Reads a pipeline's bus: hands on its errors and the end of its stream, and has the latency
/// calculated again when it changed. Destroyed or stopped, it calls nothing more; both functions
/// may do that. Thread-bound (main thread). Movable.
class BusWatch {
public:
    using OnError = std::function<void(const base::Error&)>;

    BusWatch();
    BusWatch(GstElement* pipeline, OnError onError, std::function<void()> onEnd = nullptr);
    BusWatch(BusWatch&& other) noexcept;
    BusWatch& operator=(BusWatch&& other) noexcept;
    ~BusWatch();

    void stop();

private:
    struct State;
    std::unique_ptr<State> state_;
};

} // namespace gst
