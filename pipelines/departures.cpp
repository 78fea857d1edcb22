#include "pipelines/departures.h"

#include "pipelines/base/log.h"

namespace {

const base::Logger logger("publishers");

constexpr base::Milliseconds kDeadline{5000};

} // namespace

void Departures::add(std::unique_ptr<Publisher> publisher) {
    Publisher* const leaving = publisher.get();
    state_->leaving.push_back(std::move(publisher));
    leaving->close(kDeadline, [leaving, weak = std::weak_ptr(state_)](bool finished) {
        const auto state = weak.lock();
        if (!state) {
            return;
        }
        if (!finished) {
            ++state->abandoned;
            logger.error(
                "a former publisher's pipeline did not stop within 5 s and is left behind");
        }
        state->leaving.remove_if([leaving](const auto& entry) { return entry.get() == leaving; });
    });
}
