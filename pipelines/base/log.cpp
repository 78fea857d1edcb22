#include "pipelines/base/log.h"

#include "pipelines/base/time_text.h"

#include <array>
#include <atomic>
#include <cerrno>
#include <unistd.h>

namespace base::log {

namespace {

constexpr std::array<std::string_view, 4> kNames{"debug", "info", "warning", "error"};

std::atomic<Level> threshold{Level::Info};

/// Control characters could forge further log lines or terminal commands.
void appendPrintable(std::string& line, std::string_view text) {
    for (const char c : text) {
        const auto byte = static_cast<unsigned char>(c);
        line += byte < 0x20 || byte == 0x7f ? ' ' : c;
    }
}

} // namespace

bool setLevel(std::string_view name) {
    for (std::size_t i = 0; i < kNames.size(); ++i) {
        if (kNames[i] == name) {
            threshold = static_cast<Level>(i);
            return true;
        }
    }
    return false;
}

bool enabled(Level level) {
    return level >= threshold.load(std::memory_order_relaxed);
}

void write(Level level, std::string_view prefix, std::string_view text) {
    if (!enabled(level)) {
        return;
    }
    std::string line = rfc3339(std::chrono::system_clock::now());
    line += ' ';
    line += kNames[static_cast<std::size_t>(level)];
    line += ' ';
    appendPrintable(line, prefix);
    line += ' ';
    appendPrintable(line, text);
    line += '\n';
    // One write per line keeps lines of several processes on one terminal apart.
    while (::write(STDERR_FILENO, line.data(), line.size()) < 0 && errno == EINTR) {
    }
}

} // namespace base::log
