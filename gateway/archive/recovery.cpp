#include "gateway/archive/archive.h"
#include "gateway/http/offload.h"

#include <optional>
#include <utility>

/// What Archive does with files and children that come back: recovery at the start, and finishing.
namespace archive {

namespace {

using base::Problem;
using base::Result;

} // namespace

void Archive::recover() {
    const auto found = std::make_shared<Result<std::vector<Found>>>();
    http::offload([shelf = shelf_, found] { *found = shelf.scan(); },
                  [this, alive = alive_, found] {
                      if (!*alive) {
                          return;
                      }
                      if (!*found) {
                          log_.error(found->error().message);
                          return;
                      }
                      index_.together([&] { reconcile(**found); });
                  });
}

void Archive::reconcile(const std::vector<Found>& found) {
    std::set<std::string> present;
    for (const Found& one : found) {
        const std::string id = one.id.text();
        present.insert(id);
        if (begun_.count(id) == 0 && deleting_.count(id) == 0) { // else it changed after the scan
            accept(one);
        }
    }
    for (const RecordingInfo& recording : index_.newestFirst()) {
        const std::string id = recording.id.text();
        if (present.count(id) == 0 && begun_.count(id) == 0) {
            log_.warning(id + " has vanished from the disk");
            forget(recording.id);
        }
    }
}

void Archive::accept(const Found& found) {
    const RecordingInfo* known = index_.find(found.id);
    RecordingInfo recording = known != nullptr ? *known : RecordingInfo{found.id};
    recording.bytes = found.bytes;
    if (found.part) {
        recording.state = State::Finishing;
        keep(recording);
        finish(recording);
    } else if (known == nullptr || known->state != State::Finished || known->bytes != found.bytes) {
        recording.state = State::Finished;
        keep(recording);
        finisher_.add({found.id, Finisher::Task::Inspect, found.bytes});
    }
}

void Archive::finishWaiting() {
    for (const RecordingInfo& recording : index_.newestFirst()) {
        if (recording.state == State::Finishing && deleting_.count(recording.id.text()) == 0) {
            finish(recording);
        }
    }
}

void Archive::onFinished(const Id& id, const Result<Facts>& facts) {
    const RecordingInfo* known = index_.find(id);
    if (known == nullptr || deleting_.count(id.text()) != 0) {
        return;
    }
    RecordingInfo recording = *known;
    recording.delay.clear();
    if (!facts) {
        onFailed(std::move(recording), facts.error());
        return;
    }
    recording.state = State::Finished;
    recording.duration = facts->duration;
    recording.bytes = facts->bytes;
    log_.info(id.text() + " is finished");
    keep(recording);
}

void Archive::onFailed(RecordingInfo recording, const base::Error& error) {
    const std::string id = recording.id.text();
    if (error.problem == Problem::NotFound) {
        lookFor(recording.id);
        return;
    }
    if (error.problem == Problem::Unprocessable) {
        recording.state = State::Failed;
        recording.warning = recording.warning.empty() ? error.message : recording.warning;
    } else {
        recording.delay = "not finished yet: " + error.message;
    }
    log_.warning(id + ": " + error.message);
    keep(recording);
}

/// A job found no file: another process may have finished it, or somebody removed it.
void Archive::lookFor(const Id& id) {
    const auto found = std::make_shared<std::optional<Found>>();
    http::offload([shelf = shelf_, id, found] { *found = shelf.look(id); },
                  [this, alive = alive_, id, found] {
                      if (!*alive || deleting_.count(id.text()) != 0) {
                          return;
                      }
                      if (*found) {
                          accept(**found);
                      } else {
                          forget(id);
                      }
                  });
}

} // namespace archive
