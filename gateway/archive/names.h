#pragma once

#include "pipelines/base/units.h"

#include <optional>
#include <string>
#include <string_view>

/// What recordings are called: on disk, in URLs and in JSON. Reentrant.
namespace archive {

/// "demo-20261120T101500.123Z". Only what parse() lets through ever becomes part of a path.
class Id {
public:
    /// `stream` is a valid name.
    Id(std::string stream, base::WallTime start);
    /// Nothing for text that is not exactly such an id.
    static std::optional<Id> parse(std::string_view text);
    /// Of ".../<stream>/<start>.mp4" or "….mp4.part".
    static std::optional<Id> ofPath(std::string_view path);

    [[nodiscard]] const std::string& stream() const { return stream_; }
    [[nodiscard]] base::WallTime start() const { return start_; }
    [[nodiscard]] std::string text() const;
    /// "20261120T101500.123Z.mp4"; of the growing file, and of the one a finisher works on.
    [[nodiscard]] std::string fileName() const;
    [[nodiscard]] std::string partName() const { return fileName() + ".part"; }
    [[nodiscard]] std::string workingName() const { return fileName() + ".finishing"; }

    bool operator==(const Id&) const = default;

private:
    std::string stream_;
    base::WallTime start_; ///< whole milliseconds
};

} // namespace archive
