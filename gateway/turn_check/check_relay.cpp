#include "gateway/turn_check/check_relay.h"

#include "pipelines/base/loop.h"

#include <algorithm>
#include <memory>
#include <thread>

namespace turn_check {

namespace {

constexpr std::size_t kMostServers = 64; ///< more are not tried; nobody has so many
/// A source that has to start a relay first takes longer than those of pages may.
constexpr base::Milliseconds kLongestAnswer{8000};
constexpr base::Milliseconds kLongestCheck{20'000};

using Answers = std::vector<std::optional<base::Result<ice::IceConfiguration>>>;

/// By source; nothing of one that did not answer in time.
Answers ask(const ice::Sources& sources, const ice::Inquiry& inquiry) {
    const auto answers = std::make_shared<Answers>(sources.size()); // some may come too late
    for (std::size_t i = 0; i < sources.size(); ++i) {
        sources[i]->ask(inquiry, [answers, i](base::Result<ice::IceConfiguration> answer) {
            (*answers)[i] = std::move(answer);
        });
    }
    bool late = false;
    const auto deadline = base::Timer::once(kLongestAnswer, [&] { late = true; });
    while (!late && !std::all_of(answers->begin(), answers->end(),
                                 [](const auto& answer) { return answer.has_value(); })) {
        g_main_context_iteration(nullptr, TRUE);
    }
    return *answers;
}

ServerTask taskFor(const CheckPlan& plan, const std::string& source, TurnServer server) {
    const bool ours = source == "urls";
    return {source,
            std::move(server),
            ours ? plan.secret : "",
            ours ? plan.realm : "",
            source == "embedded" ? plan.embeddedMedia : plan.media,
            plan.ports};
}

/// What is to be tried; the rest of what the sources said goes into the report.
std::vector<ServerTask> tasksFor(const ice::Sources& sources, const CheckPlan& plan,
                                 RelayReport& report) {
    std::vector<ServerTask> tasks;
    const Answers answers = ask(sources, plan.inquiry);
    for (std::size_t i = 0; i < sources.size(); ++i) {
        const std::string name = sources[i]->name();
        if (!answers[i] || !*answers[i]) {
            report.failed.push_back(
                {name, answers[i] ? answers[i]->error().message : "it did not answer in time"});
            continue;
        }
        const ice::IceConfiguration& configuration = **answers[i];
        if (configuration.policy == ice::Policy::Relay) {
            report.policy = ice::Policy::Relay;
        }
        for (const ice::IceServer& server : configuration.servers) {
            for (const std::string& url : server.urls) {
                const auto uri = ice::IceUri::parse(url);
                if (!uri) {
                    report.failed.push_back({name, url + " " + uri.error().message});
                } else if (tasks.size() < kMostServers) {
                    tasks.push_back(
                        taskFor(plan, name, {*uri, server.username, server.credential}));
                }
            }
        }
    }
    return tasks;
}

} // namespace

bool RelayReport::publishable() const {
    return std::any_of(servers.begin(), servers.end(),
                       [](const ServerReport& server) { return server.relays && server.works(); });
}

RelayReport checkRelays(const ice::Sources& sources, const CheckPlan& plan) {
    RelayReport report;
    report.policy = plan.policy;
    const std::vector<ServerTask> tasks = tasksFor(sources, plan, report);
    report.servers.resize(tasks.size());
    std::size_t open = tasks.size();
    const auto cancellable = base::Object<GCancellable>::adopt(g_cancellable_new());
    const auto deadline =
        base::Timer::once(kLongestCheck, [&] { g_cancellable_cancel(cancellable.get()); });
    std::vector<std::jthread> threads;
    for (std::size_t i = 0; i < tasks.size(); ++i) {
        threads.emplace_back([&, i] {
            base::post([&, i, done = checkServer(tasks[i], cancellable.get())] {
                report.servers[i] = done;
                --open;
            });
        });
    }
    while (open > 0) { // our own relay, which may be one of them, is looked after here
        g_main_context_iteration(nullptr, TRUE);
    }
    return report;
}

} // namespace turn_check
