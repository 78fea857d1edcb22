#pragma once

#include <chrono>
#include <functional>
#include <glib.h>

namespace support {

/// Turns the default main context until `done` holds; false when `deadline` passed first.
/// Wakes at least every 10 ms, so a predicate may also look at files and processes.
inline bool runUntil(const std::function<bool()>& done,
                     std::chrono::milliseconds deadline = std::chrono::seconds(20)) {
    const gint64 end = g_get_monotonic_time() + deadline.count() * 1000;
    const guint ticker = g_timeout_add(
        10, [](gpointer) -> gboolean { return G_SOURCE_CONTINUE; }, nullptr);
    bool held = done();
    while (!held && g_get_monotonic_time() < end) {
        g_main_context_iteration(nullptr, TRUE);
        held = done();
    }
    g_source_remove(ticker);
    return held;
}

} // namespace support
