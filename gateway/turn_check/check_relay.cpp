#include "gateway/turn_check/check_relay.h"

#include <algorithm>
#include <utility>

namespace turn_check {

bool RelayReport::publishable() const {
    return std::any_of(servers.begin(), servers.end(),
                       [](const ServerReport& server) { return server.relays && server.works(); });
}

RelayCheck::RelayCheck(const ice::Sources& sources, CheckPlan plan, Done done)
    : plan_(std::move(plan)), done_(std::move(done)) {
    report_.policy = plan_.policy;
    for (const auto& source : sources) {
        asked_.push_back(std::make_unique<Asked>());
        asked_.back()->name = source->name();
        source->ask(plan_.inquiry,
                    [this, &asked = *asked_.back(), alive = std::weak_ptr<bool>(alive_)](
                        const base::Result<ice::IceConfiguration>& answer) {
                        if (!alive.expired()) {
                            onAnswer(asked, answer);
                        }
                    });
    }
    const bool none = sources.empty();
    deadline_ = base::Timer::once(none ? base::Milliseconds(0) : kLongestAnswer,
                                  [this] { checkServers(); });
}

void RelayCheck::onAnswer(Asked& asked, const base::Result<ice::IceConfiguration>& answer) {
    if (asked.answered || !deadline_.active()) {
        return;
    }
    asked.answered = true;
    if (answer) {
        add(asked, *answer);
    } else {
        report_.failed.push_back({asked.name, answer.error().message});
    }
    if (std::all_of(asked_.begin(), asked_.end(),
                    [](const auto& other) { return other->answered; })) {
        deadline_.stop();
        checkServers();
    }
}

void RelayCheck::add(Asked& asked, const ice::IceConfiguration& configuration) {
    if (configuration.policy == ice::Policy::Relay) {
        report_.policy = ice::Policy::Relay;
    }
    for (const ice::IceServer& server : configuration.servers) {
        for (const std::string& url : server.urls) {
            if (const auto uri = ice::IceUri::parse(url)) {
                asked.tasks.push_back(taskFor(asked.name, server, *uri));
            } else {
                report_.failed.push_back({asked.name, url + " " + uri.error().message});
            }
        }
    }
}

ServerTask RelayCheck::taskFor(const std::string& source, const ice::IceServer& server,
                               const ice::IceUri& uri) const {
    ServerTask task;
    task.source = source;
    task.server = {uri, server.username, server.credential};
    if (source == "urls") {
        task.secret = plan_.secret;
        task.expectedRealm = plan_.realm;
    }
    task.media = source == "embedded" ? plan_.embeddedMedia : plan_.media;
    task.ports = plan_.ports;
    return task;
}

void RelayCheck::checkServers() {
    std::vector<ServerTask> tasks;
    for (const auto& asked : asked_) {
        if (!asked->answered) {
            report_.failed.push_back({asked->name, "it did not answer in time"});
        }
        for (ServerTask& task : asked->tasks) {
            if (tasks.size() < kMostServers) {
                tasks.push_back(std::move(task));
            }
        }
    }
    report_.servers.resize(tasks.size());
    open_ = tasks.size();
    for (std::size_t i = 0; i < tasks.size(); ++i) {
        checks_.push_back(
            std::make_unique<ServerCheck>(std::move(tasks[i]), [this, i](ServerReport report) {
                report_.servers[i] = std::move(report);
                finishOne();
            }));
    }
    if (tasks.empty()) {
        finish();
    }
}

/// Not at once: the check that is done is in the middle of something.
void RelayCheck::finishOne() {
    if (--open_ == 0) {
        base::post([this, alive = std::weak_ptr<bool>(alive_)] {
            if (!alive.expired()) {
                finish();
            }
        });
    }
}

void RelayCheck::finish() {
    const auto done = std::exchange(done_, nullptr); // it may destroy this
    done(std::move(report_));
}

} // namespace turn_check
