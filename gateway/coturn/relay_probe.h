#pragma once

#include "pipelines/base/result.h"
#include "pipelines/base/unique.h"
#include "pipelines/base/units.h"

#include <functional>
#include <gio/gio.h>
#include <memory>
#include <string>
#include <vector>

namespace coturn {

/// Asks a relay on every address, over UDP and TCP, for an allocation without credentials until it
/// has refused each with its realm (RFC 8489 section 9.2.3): then it is ours and works everywhere.
/// Owned by the embedded relay. Thread-bound; the waiting is done by a thread that holds nothing
/// of it.
class RelayProbe {
public:
    /// `done` is called once, later, unless the probe goes before; it may destroy the probe.
    RelayProbe(const std::vector<std::string>& addresses, int port, const std::string& realm,
               base::Milliseconds deadline, std::function<void(base::Result<void>)> done);
    RelayProbe(const RelayProbe&) = delete;
    RelayProbe& operator=(const RelayProbe&) = delete;
    ~RelayProbe() { g_cancellable_cancel(cancellable_.get()); }

private:
    std::function<void(base::Result<void>)> done_;
    base::Object<GCancellable> cancellable_;
    std::shared_ptr<bool> alive_ = std::make_shared<bool>(true);
};

} // namespace coturn
