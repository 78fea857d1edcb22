#include "gateway/command_line.h"

#include "pipelines/base/unique.h"

#include <array>

namespace gateway {

namespace {

/// As sysexits.h has it, and systemd reads it: the settings are wrong.
constexpr int kUsage = 64;
constexpr int kBadConfig = 78;
/// Of check-relay, whose 1 means that no browser could publish.
constexpr int kNothingChecked = 2;

constexpr const char* kCheckRelay = "check-relay";
constexpr const char* kCommands =
    "Commands:\n"
    "  check-relay                  Try every STUN and TURN server of the settings as a browser\n"
    "                               would, and say what works; 0 if one could publish so, else 1";

struct Options {
    base::UniqueString config;
    base::UniqueString listen;
    base::UniqueString data;
    bool checkOnly = false;
    bool version = false;
    Order::Task task = Order::Task::Serve;
};

Said usage(const std::string& problem) {
    return {"spillway: " + problem + "\nTry spillway --help.\n", kUsage};
}

std::variant<Options, Said> parse(int argc, char** argv) {
    char* config = nullptr;
    char* listen = nullptr;
    char* data = nullptr;
    gboolean check = FALSE;
    gboolean version = FALSE;
    const std::array entries{
        GOptionEntry{"config", 'c', 0, G_OPTION_ARG_FILENAME, &config, "Settings file", "FILE"},
        GOptionEntry{"listen", 'l', 0, G_OPTION_ARG_STRING, &listen,
                     "Where to listen (127.0.0.1:8080)", "ADDRESS:PORT"},
        GOptionEntry{"data", 'd', 0, G_OPTION_ARG_FILENAME, &data,
                     "Folder of recordings (./spillway-data)", "DIR"},
        GOptionEntry{"check-config", 0, 0, G_OPTION_ARG_NONE, &check, "Check the settings and exit",
                     nullptr},
        GOptionEntry{"version", 0, 0, G_OPTION_ARG_NONE, &version, "Print the version and exit",
                     nullptr},
        GOptionEntry{},
    };
    const std::unique_ptr<GOptionContext, decltype(&g_option_context_free)> context(
        g_option_context_new(
            "[check-relay] - takes live broadcasts from browsers and gives them to every player"),
        g_option_context_free);
    g_option_context_add_main_entries(context.get(), entries.data(), nullptr);
    g_option_context_set_description(context.get(), kCommands);
    base::ErrorOut error;
    const bool parsed = g_option_context_parse(context.get(), &argc, &argv, error);
    Options options{base::UniqueString(config), base::UniqueString(listen),
                    base::UniqueString(data), check != FALSE, version != FALSE};
    if (!parsed) {
        return usage(error.message());
    }
    if (argc > 1 && std::string_view(argv[1]) == kCheckRelay) {
        options.task = Order::Task::CheckRelay;
        --argc;
        ++argv;
    }
    if (argc > 1) {
        return usage(std::string("\"") + argv[1] + "\" is not understood");
    }
    return options;
}

Said badConfig(const std::vector<base::Error>& errors, Order::Task task) {
    Said said{{}, task == Order::Task::CheckRelay ? kNothingChecked : kBadConfig};
    for (const base::Error& error : errors) {
        said.text += "spillway: " + error.message + "\n";
    }
    return said;
}

} // namespace

std::variant<Order, Said> readCommandLine(int argc, char** argv) {
    auto parsed = parse(argc, argv);
    if (auto* said = std::get_if<Said>(&parsed)) {
        return std::move(*said);
    }
    const auto& options = std::get<Options>(parsed);
    if (options.version) {
        return Said{"spillway " SPILLWAY_VERSION "\n"};
    }
    Checked<Config> config = options.config ? readConfig(options.config.get()) : Config{};
    if (!config) {
        return badConfig(config.error(), options.task);
    }
    if (options.listen) {
        if (auto set = setListen(config->server, options.listen.get()); !set) {
            return usage("--listen " + set.error().message);
        }
    }
    if (options.data) {
        config->data = options.data.get();
    }
    if (const auto errors = checkTogether(*config); !errors.empty()) {
        return badConfig(errors, options.task);
    }
    if (options.checkOnly) {
        return Said{"The settings are fine.\n"};
    }
    return Order{options.task, std::move(*config)};
}

} // namespace gateway
