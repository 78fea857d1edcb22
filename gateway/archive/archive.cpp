#include "gateway/archive/archive.h"

#include "gateway/http/offload.h"

#include <cerrno>
#include <cstring>
#include <sys/stat.h>
#include <utility>
#include <variant>

namespace archive {

namespace {

using base::Problem;
using base::Result;

} // namespace

Result<std::unique_ptr<Archive>> Archive::open(Config config) {
    const std::string folder = config.data + "/recordings";
    if (mkdir(folder.c_str(), 0755) != 0 && errno != EEXIST) {
        return base::fail(Problem::Internal,
                          "the folder " + folder + " can't be made: " + std::strerror(errno));
    }
    auto index = Index::open(config.data + "/recordings.db");
    if (!index) {
        return base::fail(index.error());
    }
    return std::unique_ptr<Archive>(new Archive(std::move(config), std::move(*index)));
}

Archive::Archive(Config config, Index index)
    : config_(std::move(config)), files_(config_.data + "/recordings"), index_(std::move(index)),
      finisher_({config_.pipeline, files_, config_.minimumFree},
                [this](const Id& id, const Result<Facts>& facts) { onFinished(id, facts); }) {
    for (RecordingInfo& recording : index_.newestFirst()) {
        if (recording.state == State::Recording) { // by a process that is no more
            recording.state = State::Finishing;
            index_.putInMemory(recording);
        }
    }
}

Archive::~Archive() {
    *alive_ = false;
}

Result<RecordingInfo> Archive::find(const std::string& text) const {
    const auto id = Id::parse(text);
    const RecordingInfo* recording = id ? index_.find(*id) : nullptr;
    if (recording == nullptr) {
        return base::fail(Problem::NotFound, "there is no such recording");
    }
    return *recording;
}

Result<http::FileBody> Archive::media(const std::string& text) const {
    const auto recording = find(text);
    if (!recording) {
        return base::fail(recording.error());
    }
    if (recording->state == State::Failed) {
        return base::fail(Problem::NotFound,
                          "nothing playable was recorded: " + recording->warning);
    }
    const Id& id = recording->id;
    const bool finished = recording->state == State::Finished;
    http::FileBody body;
    body.path = finished ? files_.path(id) : files_.part(id);
    // What an id names changes only with these two.
    body.etag = "\"" + std::string(nameOf(recording->state)) + "-" +
                std::to_string(recording->bytes) + "\"";
    if (recording->state == State::Recording) {
        body.length = recording->bytes;
    }
    if (!config_.accelPrefix.empty()) {
        body.accelPath =
            config_.accelPrefix + id.stream() + "/" + (finished ? id.fileName() : id.partName());
    }
    return body;
}

Result<std::string> Archive::pathFor(const std::string& stream, base::WallTime start) {
    if (auto room = files_.checkSpace(0, config_.minimumFree); !room) {
        return base::fail(room.error());
    }
    const auto id = files_.reserve(stream, start);
    if (!id) {
        return base::fail(id.error());
    }
    begun_.insert(id->text());
    return files_.part(*id);
}

void Archive::handle(const streams::Event& event) {
    if (const auto* change = std::get_if<streams::RecordingChanged>(&event)) {
        onRecording(*change);
    }
}

void Archive::onRecording(const streams::RecordingChanged& change) {
    const auto id = Id::ofPath(change.recording.path);
    if (!id || begun_.count(id->text()) == 0) {
        log_.warning("a recording was told of that nobody asked for: " + change.recording.path);
        return;
    }
    if (change.processGone) {
        begun_.erase(id->text()); // nothing more will be told about it
    }
    const RecordingInfo* known = index_.find(*id);
    if (known != nullptr && known->state != State::Recording) {
        return; // ended before; that its process is gone too is no news
    }
    RecordingInfo recording = known != nullptr ? *known : RecordingInfo{*id};
    recording.duration = change.recording.duration;
    recording.bytes = change.recording.bytes;
    if (change.processGone || change.recording.phase != control::RecordingPhase::Recording) {
        onEnded(std::move(recording), change);
    } else if (known == nullptr) {
        keep(recording);
    } else {
        index_.putInMemory(recording);
        if (listener_) {
            listener_(recording);
        }
    }
}

void Archive::onEnded(RecordingInfo recording, const streams::RecordingChanged& change) {
    recording.state = State::Finishing;
    if (change.recording.phase == control::RecordingPhase::Recording) {
        recording.warning = "the pipeline process ended before the recording did";
    } else {
        recording.warning = change.recording.message;
    }
    if (!recording.warning.empty()) {
        log_.warning(recording.id.text() + ": " + recording.warning);
    }
    keep(recording);
    finish(recording);
}

void Archive::finish(const RecordingInfo& recording) {
    finisher_.add({recording.id, Finisher::Task::Finish, recording.bytes});
}

void Archive::remove(const std::string& text, std::function<void(Result<void>)> done) {
    const auto recording = find(text);
    if (!recording) {
        done(base::fail(recording.error()));
        return;
    }
    if (recording->state == State::Recording) {
        done(base::fail(Problem::Conflict, "this is being recorded: end the stream first"));
        return;
    }
    if (!deleting_.insert(text).second) {
        done(base::fail(Problem::Conflict, "this is being deleted already"));
        return;
    }
    finisher_.cancel(recording->id, [this, alive = alive_, id = recording->id, done] {
        if (*alive) {
            removeFiles(id, done);
        }
    });
}

void Archive::removeFiles(const Id& id, std::function<void(Result<void>)> done) {
    const auto removed = std::make_shared<Result<void>>();
    http::offload([files = files_, id, removed] { *removed = files.remove(id); },
                  [this, alive = alive_, id, removed, done = std::move(done)] {
                      if (!*alive) {
                          return;
                      }
                      deleting_.erase(id.text());
                      if (*removed) {
                          forget(id);
                          finishWaiting(); // what had no room may have it now
                      }
                      done(*removed);
                  });
}

void Archive::recover() {
    const auto found = std::make_shared<Result<std::vector<Found>>>();
    http::offload([files = files_, found] { *found = files.scan(); },
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
    http::offload([files = files_, id, found] { *found = files.look(id); },
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

void Archive::keep(const RecordingInfo& recording) {
    index_.put(recording);
    if (listener_) {
        listener_(recording);
    }
}

void Archive::forget(const Id& id) {
    index_.remove(id);
    if (listener_) {
        RecordingInfo deleted{id};
        deleted.state = State::Deleted;
        listener_(deleted);
    }
}

} // namespace archive
