#pragma once

#include "gateway/coturn/coturn_config.h"
#include "gateway/coturn/coturn_process.h"
#include "gateway/coturn/relay_probe.h"
#include "pipelines/base/backoff.h"
#include "pipelines/base/loop.h"
#include "pipelines/base/result.h"

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace coturn {

/// Our own coturn, kept running: started anew when it ends, and when the addresses of this machine
/// change that it listens on. Secret, port and media address stay the same meanwhile, so that what
/// was handed out stays good. Owned by the embedded relay. Thread-bound.
class Coturn {
public:
    struct Settings {
        std::string program;
        std::vector<std::string> listen; ///< also "localhost", "0.0.0.0", "::"
        int port = 0;                    ///< 0: any that is free
    };

    /// Starts it, and waits for nothing. `onChanged`: it became ready, or failed.
    Coturn(Settings settings, std::function<void()> onChanged);
    Coturn(const Coturn&) = delete;
    Coturn& operator=(const Coturn&) = delete;

    /// It answers on every address.
    [[nodiscard]] bool ready() const { return stage_ == Stage::Ready; }
    /// It is worth while to wait for it.
    [[nodiscard]] bool soon() const {
        return stage_ == Stage::Starting || stage_ == Stage::FirstPause;
    }
    /// Why it is not ready; nothing before it has failed.
    [[nodiscard]] const std::optional<std::string>& failure() const { return failure_; }
    [[nodiscard]] const CoturnSettings& place() const { return place_; }
    [[nodiscard]] pid_t pid() const { return process_ ? process_->pid() : -1; }

private:
    /// FirstPause: after the first of several failures; Pausing: the later ones, which are longer.
    enum class Stage { Starting, Ready, FirstPause, Pausing };

    void start();
    base::Result<void> choosePlace();
    void onReady();
    void failed(const std::string& reason);
    void checkAddresses();

    Settings settings_;
    std::function<void()> onChanged_;
    CoturnSettings place_;
    Stage stage_ = Stage::Starting;
    std::optional<std::string> failure_;
    base::Backoff backoff_;
    base::Timer timer_; ///< of the pause, or until it counts as stable
    base::Timer addressChecks_;
    std::unique_ptr<process::Child> process_;
    std::unique_ptr<RelayProbe> probe_;
};

} // namespace coturn
