#pragma once

#include "gateway/process/child.h"
#include "pipelines/base/result.h"

#include <functional>
#include <memory>
#include <string>

namespace coturn {

/// Starts one `turnserver`, without root, ended with the gateway however that ends. Its
/// configuration is in memory that only it and we hold: no file, no argument, tells the secret.
/// What it logs goes to our log. `onGone` is called once when it is gone, with how it ended and
/// what it last complained of; it may destroy the child. To destroy the child, which kills it,
/// costs nothing but the sessions that go through it: it keeps no files. Thread-bound.
base::Result<std::unique_ptr<process::Child>>
startCoturn(const std::string& program, const std::string& config,
            std::function<void(const std::string& reason)> onGone);

/// Where coturn is: $SPILLWAY_TURNSERVER, else on the PATH or where Debian and its makers put it.
/// Empty: it is not installed.
[[nodiscard]] std::string findCoturn();

} // namespace coturn
