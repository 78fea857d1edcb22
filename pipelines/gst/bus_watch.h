#pragma once

#include "pipelines/base/result.h"
#include "pipelines/gst/ref.h"

#include <functional>
#include <memory>

namespace gst {

/// Hears what a pipeline says on its bus: hands its errors on, and obeys a change of latency.
/// Destroying or stopping it means that it hears nothing more. Thread-bound (main thread). Movable.
class BusWatch {
public:
    using OnError = std::function<void(const base::Error&)>;

    BusWatch();
    BusWatch(GstElement* pipeline, OnError onError);
    BusWatch(BusWatch&& other) noexcept;
    BusWatch& operator=(BusWatch&& other) noexcept;
    ~BusWatch();

    void stop();

private:
    struct State;
    std::unique_ptr<State> state_;
};

} // namespace gst
