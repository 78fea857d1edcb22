#pragma once

#include "gateway/archive/finisher.h"
#include "gateway/archive/index.h"
#include "gateway/archive/recording.h"
#include "gateway/archive/recording_files.h"
#include "gateway/http/reply.h"
#include "gateway/streams/events.h"
#include "pipelines/base/log.h"
#include "pipelines/base/result.h"

#include <cstdint>
#include <functional>
#include <memory>
#include <set>
#include <string>
#include <vector>

namespace archive {

struct Config {
    std::string data;             ///< exists, is ours alone; recordings and recordings.db go there
    std::string pipeline;         ///< path of spillway-pipeline
    std::int64_t minimumFree = 0; ///< bytes: with less, nothing is recorded and nothing finished
    std::string accelPrefix;      ///< internal location of the proxy that sends files; empty = none
};

/// The recordings: where they go, what became of them, who gets them. Owned by main. Thread-bound.
class Archive {
public:
    using Listener = std::function<void(const RecordingInfo&)>;

    /// Opens the index. Fails when the data folder can't be used.
    static base::Result<std::unique_ptr<Archive>> open(Config config);
    Archive(const Archive&) = delete;
    Archive& operator=(const Archive&) = delete;
    ~Archive();

    /// Compares the index with the files and finishes what was left unfinished. Returns at once.
    void recover();
    /// Finishes nothing more: the program ends, and what is left is finished at its next start.
    void stopFinishing() { finisher_.stop(); }

    /// The path of the .part of a recording that begins now, in a folder that is made for it. Fails
    /// with NoSpace. Is what streams::Config::recordingPath asks.
    base::Result<std::string> pathFor(const std::string& stream, base::WallTime start);
    /// Takes what the registry tells.
    void handle(const streams::Event& event);
    /// Called for every change, also for a deleted one.
    void onChanged(Listener listener) { listener_ = std::move(listener); }

    [[nodiscard]] std::vector<RecordingInfo> list() const { return index_.newestFirst(); }
    /// NotFound for anything that is no id of a recording; no file is touched.
    [[nodiscard]] base::Result<RecordingInfo> find(const std::string& id) const;
    /// Its media, as far as it is safe on disk. NotFound also when nothing playable was recorded.
    [[nodiscard]] base::Result<http::FileBody> media(const std::string& id) const;
    /// `done` is called once, maybe later: NotFound, Conflict while it grows.
    void remove(const std::string& id, std::function<void(base::Result<void>)> done);

private:
    Archive(Config config, Index index);

    void onRecording(const streams::RecordingChanged& change);
    void onEnded(RecordingInfo recording, const streams::RecordingChanged& change);
    void reconcile(const std::vector<Found>& found);
    void accept(const Found& found);
    void finish(const RecordingInfo& recording);
    void finishWaiting();
    void onFinished(const Id& id, const base::Result<Facts>& facts);
    void onFailed(RecordingInfo recording, const base::Error& error);
    void lookFor(const Id& id);
    void removeFiles(const Id& id, std::function<void(base::Result<void>)> done);
    void keep(const RecordingInfo& recording);
    void forget(const Id& id);

    base::Logger log_{"archive"};
    Config config_;
    RecordingFiles files_;
    Index index_;
    Finisher finisher_;
    Listener listener_;
    std::set<std::string> begun_;    ///< ids that pipelines write, or will
    std::set<std::string> deleting_; ///< ids whose files are being removed
    std::shared_ptr<bool> alive_ = std::make_shared<bool>(true);
};

} // namespace archive
