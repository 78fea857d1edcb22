#include "gateway/turn_check/check_relay.h"

#include <algorithm>
#include <array>
#include <iomanip>
#include <sstream>

namespace turn_check {

namespace {

constexpr std::size_t kWidth = 96; ///< of a terminal that shows the text, some room left
constexpr std::size_t kColumns = 6;

using Row = std::array<std::string, kColumns>;

Row rowOf(const ServerReport& server) {
    Row row{server.url, server.source};
    // A relay may refuse to answer without credentials, and yet relay.
    const bool refused = !server.answers && server.allocates;
    bool over = false; // "no" for the step that failed, "-" for those behind it
    const auto add = [&](std::size_t column, const std::optional<base::Milliseconds>& time,
                         bool asked) {
        if (time) {
            row[column] = time->count() == 0 ? "< 1 ms" : std::to_string(time->count()) + " ms";
        } else {
            row[column] = over || !asked ? "-" : "no";
            over = over || asked;
        }
    };
    add(2, server.answers, !refused);
    add(3, server.allocates, server.relays);
    add(4, server.returns, server.relays);
    row[5] = server.fault ? server.fault->what : server.relays ? "works" : "answers";
    return row;
}

std::string printTable(const std::vector<ServerReport>& servers) {
    std::vector<Row> rows{{"server", "from", "answers", "allocates", "packet back", "result"}};
    std::transform(servers.begin(), servers.end(), std::back_inserter(rows), rowOf);
    std::ostringstream text;
    std::array<std::size_t, kColumns> widths{};
    for (std::size_t i = 0; i + 1 < kColumns; ++i) {
        for (const Row& row : rows) {
            widths[i] = std::max(widths[i], row[i].size());
        }
    }
    for (const Row& row : rows) {
        for (std::size_t i = 0; i < kColumns; ++i) {
            text << (i > 0 ? "  " : "") << (i >= 2 && i <= 4 ? std::right : std::left)
                 << std::setw(static_cast<int>(widths[i])) << row[i];
        }
        text << "\n";
    }
    return text.str();
}

/// Texts of servers end up in a terminal.
std::string printable(std::string text) {
    std::replace_if(
        text.begin(), text.end(), [](unsigned char byte) { return byte < 0x20 || byte == 0x7f; },
        ' ');
    return text;
}

/// Broken between words, each line behind an indent.
std::string paragraph(const std::string& text, const std::string& indent) {
    std::string out;
    std::string line;
    std::istringstream words(printable(text));
    for (std::string word; words >> word;) {
        if (!line.empty() && indent.size() + line.size() + 1 + word.size() > kWidth) {
            out += indent + std::exchange(line, "") + "\n";
        }
        line += (line.empty() ? "" : " ") + word;
    }
    return out + indent + line + "\n";
}

std::string whatToDo(const RelayReport& report) {
    std::vector<std::pair<std::string, std::string>> remarks; // of which servers, what
    const auto remark = [&](const std::string& about, const std::string& text) {
        const std::string line = "  " + printable(about) + "\n";
        const auto said = std::find_if(remarks.begin(), remarks.end(),
                                       [&](const auto& other) { return other.second == text; });
        if (said != remarks.end()) {
            said->first += line;
        } else {
            remarks.emplace_back(line, text);
        }
    };
    for (const RelayReport::FailedSource& source : report.failed) {
        remark(source.name, source.reason);
    }
    for (const ServerReport& server : report.servers) {
        if (server.fault) {
            remark(server.url, server.fault->advice);
        }
        for (const std::string& note : server.notes) {
            remark(server.url, note);
        }
    }
    std::string text = remarks.empty() ? "" : "\nWhat to do\n";
    for (const auto& [about, advice] : remarks) {
        text += about + paragraph(advice, "    ");
    }
    return text;
}

std::string conclusion(const RelayReport& report) {
    const auto& servers = report.servers;
    const auto relays = std::count_if(servers.begin(), servers.end(),
                                      [](const ServerReport& server) { return server.relays; });
    const auto working =
        std::count_if(servers.begin(), servers.end(),
                      [](const ServerReport& server) { return server.relays && server.works(); });
    const bool only = report.policy == ice::Policy::Relay;
    if (relays == 0) {
        return "There is no relay to publish through: set urls, fixed-urls or service-url in the "
               "group [relay] of the settings, or embedded=yes.";
    }
    if (working == 0) {
        return "No browser can publish through a relay. " +
               std::string(only ? "With policy=relay, none can publish at all."
                                : "Those that reach this gateway directly still can.");
    }
    return "A browser can publish through " + std::to_string(working) + " of " +
           std::to_string(relays) + (relays == 1 ? " relay address." : " relay addresses.") +
           (only && working < relays
                ? " With policy=relay, whoever reaches none but the others can't publish."
                : "");
}

} // namespace

std::string describe(const RelayReport& report) {
    std::string text = report.servers.empty() ? "" : printTable(report.servers);
    text += whatToDo(report);
    text += (text.empty() ? "" : "\n") + paragraph(conclusion(report), "");
    if (std::any_of(report.servers.begin(), report.servers.end(),
                    [](const auto& server) { return server.source == "embedded"; })) {
        text += paragraph("Spillway's own relay was started for this, on a free port; that of a "
                          "running gateway is left alone.",
                          "");
    }
    return text;
}

} // namespace turn_check
