/// Writes what is told about options and settings elsewhere from the tables that the program itself
/// uses. Runs when Spillway is built; not installed.
///
///     spillway-documents           prints the settings file deploy/spillway.conf
///     spillway-documents FILE      prints FILE with @OPTIONS@ and so on replaced

#include "gateway/config/command_line.h"
#include "gateway/config/keys.h"

#include <cstdio>
#include <functional>
#include <glib.h>
#include <iostream>

namespace {

using config::Key;

constexpr glong kColumns = 100;

std::string explain(const Key& key) {
    return std::string(key.meaning) + " Takes " + key.value.takes + ".";
}

/// Lines of at most kColumns characters, each behind "# ".
std::string comment(std::string_view text) {
    std::string lines;
    std::string line = "#";
    while (!text.empty()) {
        const std::size_t end = std::min(text.find(' '), text.size());
        const std::string word(text.substr(0, end));
        text.remove_prefix(std::min(end + 1, text.size()));
        if (line != "#" && g_utf8_strlen((line + " " + word).c_str(), -1) > kColumns) {
            lines += line + "\n";
            line = "#";
        }
        line += " " + word;
    }
    return line == "#" ? lines : lines + line + "\n";
}

/// As text of a man page; no sentence begins with a dot, which would be an instruction.
std::string roff(std::string_view text) {
    std::string escaped;
    for (const char c : text) {
        escaped += c == '-' ? "\\-" : c == '\\' ? "\\e" : std::string(1, c);
    }
    return escaped;
}

/// Calls `begin` where a group begins, and `add` for each key, with its default.
void forEachKey(const std::function<void(const char* group)>& begin,
                const std::function<void(const Key&)>& add) {
    config::Config defaults;
    std::string_view group;
    for (const Key& key : config::keysOf(defaults)) {
        if (group != key.group) {
            group = key.group;
            begin(key.group);
        }
        add(key);
    }
}

std::string settingsFile() {
    std::string text = comment(
        "The settings of Spillway, each with its default: remove the # to change one. "
        "Without a file, or without a key, the default holds. An unknown group or key, or a "
        "value that does not fit, is an error at start; spillway --config FILE "
        "--check-config tells without starting.");
    forEachKey(
        [&](const char* group) {
            const std::string meaning = comment(config::meaningOf(group));
            text += "\n[" + std::string(group) + "]\n" + meaning + (meaning.empty() ? "" : "\n");
        },
        [&](const Key& key) {
            text += comment(explain(key)) + "#" + key.name + "=" + key.value.print() + "\n";
        });
    return text;
}

/// The keys as part of a man page.
std::string keys() {
    std::string text;
    forEachKey(
        [&](const char* group) {
            text += ".SS [" + std::string(group) + "]\n";
            if (const std::string_view meaning = config::meaningOf(group); !meaning.empty()) {
                text += roff(meaning) + "\n";
            }
        },
        [&](const Key& key) {
            text += ".TP\n\\fB" + roff(key.name) + "=\\fP" + roff(key.value.print()) + "\n" +
                    roff(explain(key)) + "\n";
        });
    return text;
}

/// The options as part of a man page.
std::string options() {
    std::string text;
    config::Options unused;
    for (const GOptionEntry& entry : config::entriesFor(unused)) {
        if (entry.long_name) {
            const char letter = entry.short_name;
            text += ".TP\n" + (letter ? "\\fB\\-" + std::string(1, letter) + "\\fP, " : "") +
                    "\\fB\\-\\-" + roff(entry.long_name) + "\\fP" +
                    (entry.arg_description ? " \\fI" + roff(entry.arg_description) + "\\fP" : "") +
                    "\n" + roff(entry.description) + ".\n";
        }
    }
    return text;
}

/// The options as words, separated by spaces.
std::string words() {
    std::string text = "-h --help";
    config::Options unused;
    for (const GOptionEntry& entry : config::entriesFor(unused)) {
        if (entry.long_name) {
            text += entry.short_name ? std::string(" -") + entry.short_name : "";
            text += std::string(" --") + entry.long_name;
        }
    }
    return text;
}

} // namespace

int main(int argc, char** argv) {
    if (argc < 2) {
        std::cout << settingsFile();
        return 0;
    }
    char* read = nullptr;
    if (!g_file_get_contents(argv[1], &read, nullptr, nullptr)) {
        std::cerr << argv[1] << " cannot be read\n";
        return 1;
    }
    GString* text = g_string_new(read);
    g_free(read);
    for (const auto& [name, content] :
         {std::pair("@OPTIONS@\n", options()), std::pair("@KEYS@\n", keys()),
          std::pair("@WORDS@", words()), std::pair("@VERSION@", std::string(SPILLWAY_VERSION))}) {
        g_string_replace(text, name, content.c_str(), 0);
    }
    std::cout << text->str;
    g_string_free(text, TRUE);
    return 0;
}
