#include "pipelines/outputs/disk.h"

#include <cerrno>
#include <cstring>
#include <unistd.h>

namespace outputs::disk {

base::Error lastError(const std::string& what) {
    const bool full = errno == ENOSPC || errno == EDQUOT;
    return {full ? base::Problem::NoSpace : base::Problem::Internal,
            what + ": " + std::strerror(errno)};
}

int writeAll(int file, std::span<const std::uint8_t> bytes) {
    while (!bytes.empty()) {
        const ssize_t written = ::write(file, bytes.data(), bytes.size());
        if (written < 0 && errno != EINTR) {
            return -errno;
        }
        bytes = bytes.subspan(static_cast<std::size_t>(written < 0 ? 0 : written));
    }
    return 0;
}

} // namespace outputs::disk
