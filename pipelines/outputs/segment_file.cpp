#include "pipelines/outputs/segment_file.h"

#include "pipelines/outputs/disk.h"

#include <cerrno>
#include <fcntl.h>
#include <unistd.h>

namespace outputs {

using base::fail;
using base::Result;

Result<SegmentFile> SegmentFile::create(const std::string& directory, const std::string& name) {
    std::string path = directory + "/" + name;
    base::UniqueFd file(::open(path.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0644));
    if (!file) {
        return fail(disk::lastError("cannot create the segment " + path));
    }
    return SegmentFile(std::move(path), name, std::move(file));
}

SegmentFile::~SegmentFile() {
    if (file_) {
        ::unlink(path_.c_str());
    }
}

Result<void> SegmentFile::write(std::span<const std::uint8_t> bytes) {
    if (const int status = disk::writeAll(file_.get(), bytes); status < 0) {
        errno = -status;
        return fail(disk::lastError("cannot write the segment " + path_));
    }
    bytes_ += static_cast<std::int64_t>(bytes.size());
    return {};
}

Result<void> SegmentFile::complete() {
    if (::close(file_.release()) < 0) {
        ::unlink(path_.c_str());
        return fail(disk::lastError("cannot close the segment " + path_));
    }
    return {};
}

} // namespace outputs
