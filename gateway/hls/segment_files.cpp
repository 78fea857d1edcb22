#include "gateway/hls/segment_files.h"

#include "pipelines/base/log.h"
#include "pipelines/base/unique.h"

#include <algorithm>
#include <cstdio>
#include <filesystem>
#include <gio/gio.h>

namespace hls {

namespace {

const base::Logger kLog("hls");

void onDeleted(GObject* file, GAsyncResult* result, gpointer) noexcept {
    GError* error = nullptr;
    g_file_delete_finish(G_FILE(file), result, &error);
    const base::UniqueError owned(error);
    if (error != nullptr && !g_error_matches(error, G_IO_ERROR, G_IO_ERROR_NOT_FOUND)) {
        kLog.warning(std::string("a segment could not be deleted: ") + error->message);
    }
}

void removeTree(GTask*, gpointer, gpointer path, GCancellable*) noexcept {
    std::error_code ignored; // the next start of the gateway tries again
    std::filesystem::remove_all(static_cast<const char*>(path), ignored);
}

} // namespace

bool SegmentFiles::validName(const std::string& name) {
    return name.size() > 3 && name.size() <= 128 && name.ends_with(".ts") &&
           std::all_of(name.begin(), name.end() - 3,
                       [](char c) { return g_ascii_isalnum(c) || c == '-' || c == '_'; });
}

void SegmentFiles::add(const std::string& name) {
    files_.try_emplace(name);
}

void SegmentFiles::retire(const std::string& name, base::Nanoseconds after) {
    if (const auto file = files_.find(name); file != files_.end()) {
        file->second = base::Timer::once(std::chrono::ceil<base::Milliseconds>(after),
                                         [this, name] { remove(name); });
    }
}

void SegmentFiles::clear() {
    files_.clear();
    // Out of the way first: a new stream may begin in the same place meanwhile.
    const auto place = std::filesystem::path(directory_);
    const auto aside = place.parent_path() / (".old-" + std::to_string(g_get_monotonic_time()) +
                                              "-" + place.filename().string());
    if (::rename(directory_.c_str(), aside.c_str()) != 0) {
        return; // it was never made
    }
    const auto task = base::Object<GTask>::adopt(g_task_new(nullptr, nullptr, nullptr, nullptr));
    g_task_set_task_data(task.get(), g_strdup(aside.c_str()), g_free);
    g_task_run_in_thread(task.get(), removeTree);
}

std::optional<std::string> SegmentFiles::path(const std::string& name) const {
    if (!files_.contains(name)) {
        return std::nullopt;
    }
    return directory_ + "/" + name;
}

void SegmentFiles::remove(const std::string& name) {
    const auto file =
        base::Object<GFile>::adopt(g_file_new_for_path((directory_ + "/" + name).c_str()));
    g_file_delete_async(file.get(), G_PRIORITY_LOW, nullptr, onDeleted, nullptr);
    files_.erase(name);
}

} // namespace hls
