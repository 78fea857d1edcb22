#include "pipelines/gst/teardown.h"

#include "pipelines/base/loop.h"

#include <condition_variable>
#include <deque>
#include <memory>
#include <mutex>
#include <thread>
#include <utility>

namespace gst {

namespace {

struct Queue;

/// One pipeline on its way down. Shared by its deadline and the thread; main thread but for
/// `pipeline` and `running`.
struct Task {
    Ref<GstElement> pipeline; ///< the thread's once it is queued
    base::Milliseconds allowed;
    std::function<void(bool)> done;
    std::weak_ptr<Queue> queue;
    bool running = false; ///< guarded by the queue's mutex
    base::Timer deadline;

    void finish(bool finished) {
        if (done) {
            deadline.stop();
            std::exchange(done, nullptr)(finished);
        }
    }
};

/// The thread's side: what to bring down, and whether anyone still counts on it.
struct Queue {
    std::mutex mutex;
    std::condition_variable changed;
    std::deque<std::shared_ptr<Task>> tasks;
    bool abandoned = false; ///< hung; ends when it comes back
};

void work(const std::shared_ptr<Queue>& queue) {
    std::unique_lock lock(queue->mutex);
    while (!queue->abandoned) {
        if (queue->tasks.empty()) {
            queue->changed.wait(lock);
            continue;
        }
        auto task = std::move(queue->tasks.front());
        queue->tasks.pop_front();
        task->running = true;
        lock.unlock();
        gst_element_set_state(task->pipeline.get(), GST_STATE_NULL);
        task->pipeline = nullptr;
        base::post([task = std::move(task)] { task->finish(true); });
        lock.lock();
    }
}

/// The thread in use. It lives as long as the process, which ends with _exit.
std::shared_ptr<Queue>& current() {
    static std::shared_ptr<Queue> queue;
    return queue;
}

void onDeadline(const std::shared_ptr<Task>& task);

void enqueue(const std::shared_ptr<Task>& task) {
    if (!current()) {
        current() = std::make_shared<Queue>();
        std::thread(work, current()).detach();
    }
    task->deadline = base::Timer::once(task->allowed, [weak = std::weak_ptr(task)] {
        if (const auto late = weak.lock()) {
            onDeadline(late);
        }
    });
    std::lock_guard lock(current()->mutex);
    task->queue = current();
    current()->tasks.push_back(task);
    current()->changed.notify_one();
}

/// Leaves a hung thread behind; what waited for it goes to a fresh one, and has all its time there.
void replaceThread() {
    std::deque<std::shared_ptr<Task>> waiting;
    {
        std::lock_guard lock(current()->mutex);
        current()->abandoned = true;
        waiting.swap(current()->tasks);
    }
    current() = nullptr;
    for (const auto& task : waiting) {
        enqueue(task);
    }
}

/// Either this one hangs, or one before it in the same queue.
void onDeadline(const std::shared_ptr<Task>& task) {
    const auto queue = task->queue.lock();
    bool running = false;
    if (queue) {
        const std::lock_guard lock(queue->mutex);
        running = task->running;
    }
    if (queue == current()) {
        replaceThread();
    }
    if (running) {
        task->finish(false);
    }
}

} // namespace

void teardown(Ref<GstElement> pipeline, base::Milliseconds deadline,
              std::function<void(bool finished)> done) {
    auto task = std::make_shared<Task>();
    task->pipeline = std::move(pipeline);
    task->allowed = deadline;
    task->done = std::move(done);
    enqueue(task);
}

} // namespace gst
