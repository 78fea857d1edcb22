#include "gateway/http/offload.h"

#include "pipelines/base/unique.h"

#include <gio/gio.h>
#include <utility>

namespace http {

namespace {

struct Job {
    std::function<void()> work;
    std::function<void()> done;
};

} // namespace

void offload(std::function<void()> work, std::function<void()> done) {
    const auto finished = [](GObject*, GAsyncResult* result, gpointer) noexcept {
        static_cast<Job*>(g_task_get_task_data(G_TASK(result)))->done();
    };
    const auto task = base::Object<GTask>::adopt(g_task_new(nullptr, nullptr, finished, nullptr));
    g_task_set_task_data(task.get(), new Job{std::move(work), std::move(done)},
                         [](gpointer job) { delete static_cast<Job*>(job); });
    g_task_run_in_thread(task.get(), [](GTask* self, gpointer, gpointer job, GCancellable*) {
        static_cast<Job*>(job)->work();
        g_task_return_boolean(self, TRUE);
    });
}

} // namespace http
