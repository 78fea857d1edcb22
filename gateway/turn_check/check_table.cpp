#include "gateway/turn_check/check_relay.h"

#include <algorithm>
#include <array>

namespace turn_check {

namespace {

constexpr std::size_t kWidth = 96; ///< of a terminal that shows the text, some room left
constexpr std::size_t kColumns = 6;

constexpr const char* kOwnRelay =
    "Spillway's own relay was started for this, on a free port; that of a "
    "running gateway is left alone.";

using Row = std::array<std::string, kColumns>;

/// Texts of servers end up in a terminal.
std::string printable(const std::string& text) {
    std::string clean;
    for (const char c : text) {
        const auto byte = static_cast<unsigned char>(c);
        clean += byte < 0x20 || byte == 0x7f ? ' ' : c;
    }
    return clean;
}

std::string printTime(base::Milliseconds time) {
    return time.count() == 0 ? "< 1 ms" : std::to_string(time.count()) + " ms";
}

/// How long it took; "no" for the step that failed, "-" for those behind it.
std::string step(const std::optional<base::Milliseconds>& time, bool& failed, bool asked) {
    if (time) {
        return printTime(*time);
    }
    if (!asked || failed) {
        return "-";
    }
    failed = true;
    return "no";
}

Row rowOf(const ServerReport& server) {
    bool failed = false;
    Row row{server.url, server.source};
    // A relay may refuse to answer without credentials, and yet relay.
    row[2] = !server.answers && server.allocates ? "-" : step(server.answers, failed, true);
    row[3] = step(server.allocates, failed, server.relays);
    row[4] = step(server.returns, failed, server.relays);
    row[5] = server.fault ? server.fault->what : server.relays ? "works" : "answers";
    return row;
}

std::string printRow(const Row& row, const std::array<std::size_t, kColumns>& widths) {
    std::string line;
    for (std::size_t i = 0; i < kColumns; ++i) {
        const bool isNumber = i >= 2 && i <= 4;
        const std::string room(widths[i] - row[i].size(), ' ');
        line += (i > 0 ? "  " : "") + (isNumber ? room + row[i] : row[i] + room);
    }
    return line.substr(0, line.find_last_not_of(' ') + 1) + "\n";
}

std::string printTable(const std::vector<ServerReport>& servers) {
    std::vector<Row> rows{{"server", "from", "answers", "allocates", "packet back", "result"}};
    std::array<std::size_t, kColumns> widths{};
    for (const ServerReport& server : servers) {
        rows.push_back(rowOf(server));
    }
    for (const Row& row : rows) {
        for (std::size_t i = 0; i < kColumns; ++i) {
            widths[i] = std::max(widths[i], row[i].size());
        }
    }
    std::string text;
    for (const Row& row : rows) {
        text += printRow(row, widths);
    }
    return text;
}

/// Broken between words, each line behind an indent.
std::string paragraph(const std::string& text, const std::string& indent) {
    std::string out;
    std::string line = indent;
    std::string word;
    for (const char c : printable(text) + " ") {
        if (c != ' ') {
            word += c;
            continue;
        }
        if (line.size() + 1 + word.size() > kWidth && line.size() > indent.size()) {
            out += line + "\n";
            line = indent;
        }
        line += (line.size() > indent.size() ? " " : "") + word;
        word.clear();
    }
    return out + line + "\n";
}

/// What is to be said, and of which servers.
struct Remark {
    std::string text;
    std::vector<std::string> about;
};

void remark(std::vector<Remark>& remarks, const std::string& about, const std::string& text) {
    const auto said = std::find_if(remarks.begin(), remarks.end(),
                                   [&](const Remark& other) { return other.text == text; });
    if (said != remarks.end()) {
        said->about.push_back(about);
    } else {
        remarks.push_back({text, {about}});
    }
}

std::string whatToDo(const RelayReport& report) {
    std::vector<Remark> remarks;
    for (const RelayReport::FailedSource& source : report.failed) {
        remark(remarks, source.name, source.reason);
    }
    for (const ServerReport& server : report.servers) {
        if (server.fault) {
            remark(remarks, server.url, server.fault->advice);
        }
        for (const std::string& note : server.notes) {
            remark(remarks, server.url, note);
        }
    }
    std::string text = remarks.empty() ? "" : "\nWhat to do\n";
    for (const Remark& each : remarks) {
        for (const std::string& about : each.about) {
            text += "  " + printable(about) + "\n";
        }
        text += paragraph(each.text, "    ");
    }
    return text;
}

std::string conclusion(const RelayReport& report) {
    const auto relays = std::count_if(report.servers.begin(), report.servers.end(),
                                      [](const ServerReport& server) { return server.relays; });
    const auto working =
        std::count_if(report.servers.begin(), report.servers.end(),
                      [](const ServerReport& server) { return server.relays && server.works(); });
    const bool only = report.policy == ice::Policy::Relay;
    if (relays == 0) {
        return "There is no relay to publish through: set urls, fixed-urls or service-url in the "
               "group [relay] of the settings, or embedded=yes.";
    }
    const std::string count = std::to_string(working) + " of " + std::to_string(relays);
    if (working == 0) {
        return "No browser can publish through a relay. " +
               std::string(only ? "With policy=relay, none can publish at all."
                                : "Those that reach this gateway directly still can.");
    }
    std::string text = "A browser can publish through " + count +
                       (relays == 1 ? " relay address." : " relay addresses.");
    if (only && working < relays) {
        text += " With policy=relay, whoever reaches none but the others can't publish.";
    }
    return text;
}

} // namespace

std::string describe(const RelayReport& report) {
    std::string text = report.servers.empty() ? "" : printTable(report.servers);
    text += whatToDo(report);
    text += (text.empty() ? "" : "\n") + paragraph(conclusion(report), "");
    const bool own = std::any_of(report.servers.begin(), report.servers.end(),
                                 [](const auto& server) { return server.source == "embedded"; });
    return own ? text + paragraph(kOwnRelay, "") : text;
}

} // namespace turn_check
