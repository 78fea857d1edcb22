#include "gateway/archive/index.h"

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <cstring>
#include <unistd.h>
#include <utility>

namespace archive {

namespace {

using base::Problem;
using base::Result;

struct Loaded {
    std::unique_ptr<Database> database;
    std::vector<RecordingInfo> recordings;
};

Result<Loaded> load(const std::string& path) {
    auto database = Database::open(path);
    if (!database) {
        return base::fail(database.error());
    }
    auto recordings = (*database)->load();
    if (!recordings) {
        return base::fail(recordings.error());
    }
    return Loaded{std::move(*database), std::move(*recordings)};
}

Result<void> setAside(const std::string& path) {
    if (std::rename(path.c_str(), (path + ".damaged").c_str()) != 0) {
        return base::fail(Problem::Internal, "renaming " + path + ": " + std::strerror(errno));
    }
    for (const char* companion : {"-wal", "-shm"}) {
        unlink((path + companion).c_str());
    }
    return {};
}

} // namespace

Result<Index> Index::open(const std::string& path) {
    auto loaded = load(path);
    if (!loaded && loaded.error().problem == Problem::Unprocessable) {
        base::Logger("archive").warning(loaded.error().message +
                                        ": it is made anew from the recordings");
        if (auto aside = setAside(path); !aside) {
            return base::fail(aside.error());
        }
        loaded = load(path);
    }
    if (!loaded) {
        return base::fail(loaded.error().within(path));
    }
    Index index(std::move(loaded->database));
    for (RecordingInfo& recording : loaded->recordings) {
        index.progress(recording);
    }
    return index;
}

const RecordingInfo* Index::find(const Id& id) const {
    const auto found = recordings_.find(id.text());
    return found == recordings_.end() ? nullptr : &found->second;
}

std::vector<RecordingInfo> Index::newestFirst() const {
    std::vector<RecordingInfo> all;
    all.reserve(recordings_.size());
    for (const auto& [id, recording] : recordings_) {
        all.push_back(recording);
    }
    std::stable_sort(all.begin(), all.end(), [](const auto& one, const auto& other) {
        return one.id.start() > other.id.start();
    });
    return all;
}

void Index::report(const Result<void>& written) const {
    if (!written) {
        log_.warning(written.error().message);
    }
}

void Index::put(const RecordingInfo& recording) {
    progress(recording);
    report(database_->put(recording));
}

void Index::progress(const RecordingInfo& recording) {
    recordings_.insert_or_assign(recording.id.text(), recording);
}

void Index::remove(const Id& id) {
    recordings_.erase(id.text());
    report(database_->remove(id));
}

void Index::together(const std::function<void()>& changes) {
    report(database_->begin());
    changes();
    report(database_->commit());
}

} // namespace archive
