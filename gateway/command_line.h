#pragma once

#include "gateway/config.h"

#include <string>
#include <variant>

namespace gateway {

/// Nothing to run: print this and exit.
struct Said {
    std::string text;
    int status = 0; ///< 0 goes to standard output, others to standard error
};

/// What to do with the settings.
struct Order {
    enum class Task { Serve, CheckRelay };

    Task task = Task::Serve;
    Config config;
};

/// From arguments and settings file to what is to be run, or what is to be said. Reentrant.
[[nodiscard]] std::variant<Order, Said> readCommandLine(int argc, char** argv);

} // namespace gateway
