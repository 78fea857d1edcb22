#pragma once

#include "gateway/config/config.h"

#include <glib.h>
#include <string>
#include <variant>
#include <vector>

namespace config {

/// What the options say. Owns its strings.
struct Options {
    char* config = nullptr;
    char* listen = nullptr;
    char* data = nullptr;
    gboolean checkConfig = FALSE;
    gboolean version = FALSE;

    Options() = default;
    Options(const Options&) = delete;
    Options& operator=(const Options&) = delete;
    ~Options();
};

/// All options but --help, bound to `options`; the last entry is empty. The texts are also those of
/// the man page.
[[nodiscard]] std::vector<GOptionEntry> entriesFor(Options& options);

/// Nothing to run: print this and exit.
struct ExitMessage {
    std::string text;
    int status = 0; ///< 0: to standard output; else to standard error
};

/// What to run, with its settings.
struct Command {
    enum class Task { Serve, CheckRelay };

    Task task = Task::Serve;
    Config config;
};

/// From the arguments and the settings file to what is to be run or printed. Reentrant.
[[nodiscard]] std::variant<Command, ExitMessage> readCommandLine(int argc, char** argv);

} // namespace config
