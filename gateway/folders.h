#pragma once

#include "pipelines/base/result.h"
#include "pipelines/base/unique.h"

#include <string>

namespace gateway {

/// The folders of one Spillway, made and locked: a second one with the same data is refused for as
/// long as this lives. Owned by the application. Reentrant.
class Folders {
public:
    /// Errors name the folder and say what to do.
    static base::Result<Folders> open(const std::string& data);

    [[nodiscard]] const std::string& data() const { return data_; } ///< absolute, as all of them
    [[nodiscard]] const std::string& recordings() const { return recordings_; }
    [[nodiscard]] const std::string& run() const { return run_; }

private:
    Folders() = default;

    std::string data_;
    std::string recordings_;
    std::string run_;
    base::UniqueFd lock_;
};

/// The program of a pipeline process: $SPILLWAY_PIPELINE, else where the build puts it, if this
/// program lies there, else where it was installed.
[[nodiscard]] base::Result<std::string> findPipeline();
/// The pages: $SPILLWAY_WEB, else those of the source, if this program lies in its build folder,
/// else the installed ones.
[[nodiscard]] std::string webFolder();

} // namespace gateway
