#include "gateway/config/command_line.h"

#include "pipelines/base/unique.h"

namespace config {

namespace {

/// As sysexits.h has them, and systemd reads them.
constexpr int kUsage = 64;
constexpr int kBadConfig = 78;
/// Of check-relay, whose 1 means that no browser could publish.
constexpr int kNothingChecked = 2;

constexpr std::string_view kCheckRelay = "check-relay";
constexpr const char* kCommands =
    "Commands:\n"
    "  check-relay                  Try every STUN and TURN server of the settings as a browser\n"
    "                               would, and say what works; 0 if one could publish so, else "
    "1\n\n"
    "See also the manuals spillway(1) and spillway.conf(5).";

ExitMessage usage(const std::string& problem) {
    return {"spillway: " + problem + "\nTry spillway --help.\n", kUsage};
}

ExitMessage badConfig(const std::vector<base::Error>& errors, Command::Task task) {
    ExitMessage message{{}, task == Command::Task::CheckRelay ? kNothingChecked : kBadConfig};
    for (const base::Error& error : errors) {
        message.text += "spillway: " + error.message + "\n";
    }
    return message;
}

} // namespace

Options::~Options() {
    for (char* text : {config, listen, data}) {
        g_free(text);
    }
}

std::vector<GOptionEntry> entriesFor(Options& options) {
    return {
        {"config", 'c', 0, G_OPTION_ARG_FILENAME, &options.config, "Settings file", "FILE"},
        {"listen", 'l', 0, G_OPTION_ARG_STRING, &options.listen, "Where to listen (127.0.0.1:8080)",
         "ADDRESS:PORT"},
        {"data", 'd', 0, G_OPTION_ARG_FILENAME, &options.data,
         "Folder of recordings (./spillway-data)", "DIR"},
        {"check-config", 0, 0, G_OPTION_ARG_NONE, &options.checkConfig,
         "Check the settings and exit", nullptr},
        {"version", 0, 0, G_OPTION_ARG_NONE, &options.version, "Print the version and exit",
         nullptr},
        {},
    };
}

std::variant<Command, ExitMessage> readCommandLine(int argc, char** argv) {
    Options options;
    const std::unique_ptr<GOptionContext, decltype(&g_option_context_free)> context(
        g_option_context_new(
            "[check-relay] - takes live broadcasts from browsers and gives them to every player"),
        g_option_context_free);
    g_option_context_add_main_entries(context.get(), entriesFor(options).data(), nullptr);
    g_option_context_set_description(context.get(), kCommands);
    base::ErrorOut error;
    if (!g_option_context_parse(context.get(), &argc, &argv, error)) {
        return usage(error.message());
    }
    const bool checkRelay = argc > 1 && argv[1] == kCheckRelay;
    if (const int understood = checkRelay ? 2 : 1; argc > understood) {
        return usage(std::string("\"") + argv[understood] + "\" is not understood");
    }
    if (options.version) {
        return ExitMessage{"spillway " SPILLWAY_VERSION "\n"};
    }
    const auto task = checkRelay ? Command::Task::CheckRelay : Command::Task::Serve;
    Checked<Config> config = options.config ? readFile(options.config) : Config{};
    if (!config) {
        return badConfig(config.error(), task);
    }
    if (options.listen) {
        if (auto taken = set(*config, "server", "listen", options.listen); !taken) {
            return usage("--listen " + taken.error().message);
        }
    }
    if (options.data) {
        if (auto taken = set(*config, "server", "data", options.data); !taken) {
            return usage("--data " + taken.error().message);
        }
    }
    if (const auto errors = checkTogether(*config); !errors.empty()) {
        return badConfig(errors, task);
    }
    if (options.checkConfig) {
        return ExitMessage{"The settings are fine.\n"};
    }
    return Command{task, std::move(*config)};
}

} // namespace config
