#pragma once

#include <string>
#include <string_view>

/// Logging to standard error, one line per entry, with a category per file and a chain of prefixes.
/// info: one line per life-cycle event. warning: the peer's or the disk's fault. error: ours.
/// No session description, ICE password, token or credential above debug level. Thread-safe.
namespace base::log {

enum class Level { Debug, Info, Warning, Error };

/// False for a word that is none of debug, info, warning, error.
bool setLevel(std::string_view name);
[[nodiscard]] bool enabled(Level level);
void write(Level level, std::string_view prefix, std::string_view text);

/// `[stream demo] [hls]`: cheap to copy, extended with within().
class Logger {
public:
    explicit Logger(std::string_view name) : prefix_("[" + std::string(name) + "]") {}

    [[nodiscard]] Logger within(std::string_view name) const {
        Logger inner(name);
        inner.prefix_ = prefix_ + " " + inner.prefix_;
        return inner;
    }
    void debug(std::string_view text) const { write(Level::Debug, prefix_, text); }
    void info(std::string_view text) const { write(Level::Info, prefix_, text); }
    void warning(std::string_view text) const { write(Level::Warning, prefix_, text); }
    void error(std::string_view text) const { write(Level::Error, prefix_, text); }

private:
    std::string prefix_;
};

} // namespace base::log

namespace base {
using log::Logger;
}
