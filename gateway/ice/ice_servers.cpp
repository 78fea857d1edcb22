#include "gateway/ice/ice_servers.h"

#include "pipelines/base/log.h"
#include "pipelines/base/loop.h"

#include <algorithm>
#include <optional>
#include <utility>

namespace ice {

using base::Problem;

namespace {

const base::Logger kLog("relay");

/// The answers to one inquiry, until all are there. Held by those who still owe one.
struct Collection {
    std::vector<std::string> names;
    std::vector<std::optional<base::Result<IceConfiguration>>> answers; ///< by source
    Policy policy = Policy::All;
    Answer done;

    void take(std::size_t index, base::Result<IceConfiguration> answer);
    [[nodiscard]] base::Result<IceConfiguration> merged() const;
};

void Collection::take(std::size_t index, base::Result<IceConfiguration> answer) {
    answers[index] = std::move(answer);
    if (std::all_of(answers.begin(), answers.end(),
                    [](const auto& given) { return given.has_value(); })) {
        std::exchange(done, nullptr)(merged());
    }
}

/// The servers of all that answered, in the order of the sources.
IceConfiguration sum(const std::vector<std::optional<base::Result<IceConfiguration>>>& answers,
                     Policy policy) {
    IceConfiguration all;
    all.policy = policy;
    for (const auto& answer : answers) {
        if (!*answer) {
            continue;
        }
        const IceConfiguration& one = **answer;
        all.servers.insert(all.servers.end(), one.servers.begin(), one.servers.end());
        if (one.policy == Policy::Relay) {
            all.policy = Policy::Relay;
        }
        if (one.ttl) {
            all.ttl = std::min(all.ttl.value_or(*one.ttl), *one.ttl);
        }
    }
    return all;
}

base::Result<IceConfiguration> Collection::merged() const {
    std::string failures;
    for (std::size_t i = 0; i < answers.size(); ++i) {
        if (!*answers[i]) {
            failures +=
                (failures.empty() ? "" : "; ") + names[i] + ": " + answers[i]->error().message;
        }
    }
    IceConfiguration all = sum(answers, policy);
    if (!failures.empty() && !all.relays()) {
        return base::fail(Problem::Unavailable, "No relay can be had now (" + failures + ")");
    }
    if (!failures.empty()) {
        kLog.warning("some servers are not handed out: " + failures);
    }
    if (all.policy == Policy::Relay && !all.relays()) {
        return base::fail(Problem::Unavailable,
                          "Browsers are told to use a relay only, but there is none: see the group "
                          "[relay] of the settings");
    }
    return all;
}

} // namespace

IceServers::IceServers(Sources sources, Policy policy)
    : sources_(std::move(sources)), policy_(policy) {}

IceServers::~IceServers() = default;

void IceServers::ask(const Inquiry& inquiry, Answer done) {
    if (sources_.empty()) {
        base::post([done = std::move(done), policy = policy_] {
            Collection none;
            none.policy = policy;
            done(none.merged());
        });
        return;
    }
    const auto collection = std::make_shared<Collection>();
    collection->answers.resize(sources_.size());
    collection->policy = policy_;
    collection->done = std::move(done);
    for (const auto& source : sources_) {
        collection->names.push_back(source->name());
    }
    for (std::size_t i = 0; i < sources_.size(); ++i) {
        sources_[i]->ask(inquiry, [collection, i](base::Result<IceConfiguration> answer) {
            collection->take(i, std::move(answer));
        });
    }
}

} // namespace ice
