#include "gateway/archive/recording_files.h"

#include "gateway/streams/names.h"
#include "pipelines/base/system_error.h"

#include <cerrno>
#include <filesystem>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

namespace archive {

namespace {

namespace fs = std::filesystem;
using base::Problem;
using base::Result;
using base::systemError;

std::string megabytes(std::int64_t bytes) {
    return std::to_string(bytes / 1'000'000) + " MB";
}

std::optional<std::int64_t> sizeOfFile(const std::string& path) {
    struct stat status {};
    if (lstat(path.c_str(), &status) != 0 || !S_ISREG(status.st_mode)) {
        return std::nullopt;
    }
    return status.st_size;
}

} // namespace

std::optional<Found> RecordingFiles::look(const Id& id) const {
    if (const auto size = sizeOfFile(part(id))) {
        return Found{id, true, *size};
    }
    if (const auto size = sizeOfFile(path(id))) {
        return Found{id, false, *size};
    }
    return std::nullopt;
}

void RecordingFiles::scanStream(const std::string& folder,
                                std::map<std::string, Found>& found) const {
    std::error_code failed;
    for (fs::directory_iterator file(folder, failed), end; !failed && file != end;
         file.increment(failed)) {
        const auto id = Id::ofPath(file->path().string());
        const auto seen = id ? look(*id) : std::nullopt;
        if (seen) {
            found.insert_or_assign(id->text(), *seen);
        }
    }
}

Result<std::vector<Found>> RecordingFiles::scan() const {
    std::map<std::string, Found> found;
    std::error_code failed;
    fs::directory_iterator stream(folder_, failed);
    for (const fs::directory_iterator end; !failed && stream != end; stream.increment(failed)) {
        std::error_code unknown;
        if (streams::validName(stream->path().filename().string()) &&
            stream->symlink_status(unknown).type() == fs::file_type::directory) {
            scanStream(stream->path(), found);
        }
    }
    if (failed) {
        return base::fail(Problem::Internal, "reading " + folder_ + ": " + failed.message());
    }
    std::vector<Found> all;
    for (auto& [id, one] : found) {
        all.push_back(std::move(one));
    }
    return all;
}

Result<void> RecordingFiles::remove(const Id& id) const {
    const std::string folder = folderOf(id) + "/";
    for (const std::string& name : {id.workingName(), id.partName(), id.fileName()}) {
        if (unlink((folder + name).c_str()) != 0 && errno != ENOENT) {
            return base::fail(systemError("removing " + folder + name));
        }
    }
    return {};
}

Result<Id> RecordingFiles::reserve(const std::string& stream, base::WallTime start) const {
    if (!streams::validName(stream)) {
        return base::fail(Problem::Internal, "a stream without a valid name can't be recorded");
    }
    Id id(stream, start);
    const std::string folder = folderOf(id);
    if (mkdir(folder.c_str(), 0755) != 0 && errno != EEXIST) {
        return base::fail(systemError("making the folder " + folder));
    }
    while (look(id)) {
        id = Id(stream, id.start() + base::Milliseconds(1));
    }
    return id;
}

Result<void> RecordingFiles::checkSpace(std::int64_t bytes, std::int64_t least) const {
    struct statvfs space {};
    if (statvfs(folder_.c_str(), &space) != 0) {
        return base::fail(systemError("looking for free space in " + folder_));
    }
    const auto available = static_cast<std::int64_t>(space.f_bavail * space.f_frsize);
    if (available - bytes < least) {
        return base::fail(Problem::NoSpace,
                          megabytes(available) + " are free in " + folder_ + " and " +
                              megabytes(bytes + least) +
                              " are needed: delete recordings or enlarge the disk");
    }
    return {};
}

} // namespace archive
