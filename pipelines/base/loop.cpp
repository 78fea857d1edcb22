#include "pipelines/base/loop.h"

#include <glib.h>
#include <utility>

namespace base {

namespace {

using Work = std::function<void()>;

gboolean runOnce(gpointer data) noexcept {
    (*static_cast<Work*>(data))();
    return G_SOURCE_REMOVE;
}

void freeWork(gpointer data) noexcept {
    delete static_cast<Work*>(data);
}

} // namespace

void post(Work work) {
    GSource* source = g_idle_source_new();
    g_source_set_priority(source, G_PRIORITY_DEFAULT);
    g_source_set_callback(source, runOnce, new Work(std::move(work)), freeWork);
    g_source_attach(source, nullptr);
    g_source_unref(source);
}

struct Timer::Shot {
    Work work;
    std::shared_ptr<unsigned> source;
    bool repeats = false;

    static gboolean fire(gpointer data) noexcept {
        auto* shot = static_cast<Shot*>(data);
        if (shot->repeats) {
            shot->work();
            return G_SOURCE_CONTINUE;
        }
        *shot->source = 0; // before the work, which may start the timer anew
        shot->work();
        return G_SOURCE_REMOVE;
    }
    static void free(gpointer data) noexcept { delete static_cast<Shot*>(data); }
};

unsigned Timer::attach(Shot* shot, Milliseconds interval) {
    return g_timeout_add_full(G_PRIORITY_DEFAULT, static_cast<guint>(interval.count()), Shot::fire,
                              shot, Shot::free);
}

Timer::Timer(Timer&& other) noexcept : source_(std::move(other.source_)) {}

Timer& Timer::operator=(Timer&& other) noexcept {
    if (this != &other) {
        stop();
        source_ = std::move(other.source_);
    }
    return *this;
}

Timer Timer::once(Milliseconds delay, Work work) {
    Timer timer;
    timer.source_ = std::make_shared<unsigned>(0);
    *timer.source_ = attach(new Shot{std::move(work), timer.source_, false}, delay);
    return timer;
}

Timer Timer::every(Milliseconds interval, Work work) {
    Timer timer;
    timer.source_ = std::make_shared<unsigned>(0);
    *timer.source_ = attach(new Shot{std::move(work), timer.source_, true}, interval);
    return timer;
}

void Timer::stop() {
    if (source_ && *source_ != 0) {
        g_source_remove(std::exchange(*source_, 0));
    }
    source_.reset();
}

bool Timer::active() const {
    return source_ && *source_ != 0;
}

} // namespace base
