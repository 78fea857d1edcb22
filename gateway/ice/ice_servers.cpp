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

/// The answers to one inquiry until all are there. Held by the sources that have not answered.
struct Collection {
    Policy policy = Policy::All;
    std::vector<std::string> names; ///< of the sources
    std::vector<std::optional<base::Result<IceConfiguration>>> answers;
    Answer done;
};

/// The servers of all that answered, in the order of the sources.
base::Result<IceConfiguration> merge(const Collection& collection) {
    IceConfiguration all;
    all.policy = collection.policy;
    std::string failures;
    for (std::size_t i = 0; i < collection.names.size(); ++i) {
        const base::Result<IceConfiguration>& one = *collection.answers[i];
        if (!one) {
            failures +=
                (failures.empty() ? "" : "; ") + collection.names[i] + ": " + one.error().message;
            continue;
        }
        all.servers.insert(all.servers.end(), one->servers.begin(), one->servers.end());
        if (one->policy == Policy::Relay) {
            all.policy = Policy::Relay;
        }
        if (one->ttl) {
            all.ttl = std::min(all.ttl.value_or(*one->ttl), *one->ttl);
        }
    }
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

void IceServers::ask(const Inquiry& inquiry, Answer done) {
    const auto collection = std::make_shared<Collection>();
    collection->policy = policy_;
    collection->answers.resize(sources_.size());
    collection->done = std::move(done);
    for (const auto& source : sources_) {
        collection->names.push_back(source->name());
    }
    if (sources_.empty()) {
        base::post([collection] { collection->done(merge(*collection)); });
    }
    for (std::size_t i = 0; i < sources_.size(); ++i) {
        sources_[i]->ask(inquiry, [collection, i](base::Result<IceConfiguration> answer) {
            auto& answers = collection->answers;
            answers[i] = std::move(answer);
            if (std::all_of(answers.begin(), answers.end(),
                            [](const auto& given) { return given.has_value(); })) {
                std::exchange(collection->done, nullptr)(merge(*collection));
            }
        });
    }
}

} // namespace ice
