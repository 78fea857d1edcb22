#include "gateway/hls/segment_files.h"

#include "pipelines/base/log.h"
#include "pipelines/base/unique.h"

#include <algorithm>
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
