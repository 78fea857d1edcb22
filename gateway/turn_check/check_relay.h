#pragma once

#include "gateway/ice/ice_servers.h"
#include "gateway/turn_check/server_check.h"

#include <functional>
#include <memory>
#include <string>
#include <utility>
#include <vector>

namespace turn_check {

/// What `spillway check-relay` needs to know beside the sources.
struct CheckPlan {
    ice::Inquiry inquiry;
    ice::Policy policy = ice::Policy::All;
    std::string secret; ///< of the source "urls"
    std::string realm;  ///< that the servers of "urls" should have
    std::vector<ice::MediaAddress> media;
    std::vector<ice::MediaAddress> embeddedMedia; ///< all that the source "embedded" may send to
    ice::PortRange ports;
};

struct RelayReport {
    struct FailedSource {
        std::string name;
        std::string reason;
    };

    ice::Policy policy = ice::Policy::All;
    std::vector<ServerReport> servers; ///< in the order in which browsers get them
    std::vector<FailedSource> failed;

    /// A browser can publish through one of them.
    [[nodiscard]] bool publishable() const;
};

/// Asks every source for its servers and tries each address of them, all at the same time. Owned by
/// the command, outlived by the sources. Thread-bound.
class RelayCheck {
public:
    /// More are not tried; nobody has so many.
    static constexpr std::size_t kMostServers = 64;
    /// A source that has to start a relay first takes longer than those of pages may.
    static constexpr base::Milliseconds kLongestAnswer{8000};
    using Done = std::function<void(RelayReport)>;

    /// Begins at once; `done` is called once, later.
    RelayCheck(const ice::Sources& sources, CheckPlan plan, Done done);
    RelayCheck(const RelayCheck&) = delete;
    RelayCheck& operator=(const RelayCheck&) = delete;

private:
    /// One source, and what it has.
    struct Asked {
        std::string name;
        bool answered = false;
        std::vector<ServerTask> tasks;
    };

    void onAnswer(Asked& asked, const base::Result<ice::IceConfiguration>& answer);
    void add(Asked& asked, const ice::IceConfiguration& configuration);
    [[nodiscard]] ServerTask taskFor(const std::string& source, const ice::IceServer& server,
                                     const ice::IceUri& uri) const;
    void checkServers();
    void finishOne();
    void finish();

    CheckPlan plan_;
    Done done_;
    RelayReport report_;
    std::vector<std::unique_ptr<Asked>> asked_; ///< callbacks refer to them
    std::vector<std::unique_ptr<ServerCheck>> checks_;
    std::size_t open_ = 0; ///< servers that are not done yet
    base::Timer deadline_;
    std::shared_ptr<bool> alive_ = std::make_shared<bool>(true);
};

/// For an operator: a table, what to do, and a last line that says whether a browser can publish.
[[nodiscard]] std::string describe(const RelayReport& report);

} // namespace turn_check
