#pragma once

#include "pipelines/base/result.h"
#include "pipelines/base/unique.h"

#include <cstdint>
#include <span>
#include <string>

namespace outputs {

/// One segment being written. Gone from the disk when it is destroyed before it was completed: a
/// segment that nobody was told of is of no use. Reentrant.
class SegmentFile {
public:
    /// Fails when the file exists or the directory can't be written.
    static base::Result<SegmentFile> create(const std::string& directory, const std::string& name);
    SegmentFile(SegmentFile&&) noexcept = default;
    SegmentFile& operator=(SegmentFile&&) = delete;
    ~SegmentFile();

    base::Result<void> write(std::span<const std::uint8_t> bytes);
    /// Closes the file; it stays.
    base::Result<void> complete();

    [[nodiscard]] const std::string& name() const { return name_; }
    [[nodiscard]] std::int64_t bytes() const { return bytes_; }

private:
    SegmentFile(std::string path, std::string name, base::UniqueFd file)
        : path_(std::move(path)), name_(std::move(name)), file_(std::move(file)) {}

    std::string path_;
    std::string name_;
    base::UniqueFd file_;
    std::int64_t bytes_ = 0;
};

} // namespace outputs
