#pragma once

#include <functional>
#include <memory>

namespace http {

/// Runs `work` on a thread of GIO's pool and then `done` on the main thread: for whatever may wait
/// for a disk. `work` shares nothing with the main thread while it runs. Thread-bound.
void offload(std::function<void()> work, std::function<void()> done);

} // namespace http
