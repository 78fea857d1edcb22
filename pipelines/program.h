#pragma once

#include "pipelines/control/from_pipeline.h"
#include "pipelines/encode/unit_sink.h"
#include "pipelines/fanout/fanout.h"
#include "pipelines/h264/nal.h"

#include <atomic>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>

/// What leaves the encoders of a stream, on its way to the fan-out: gathers what describes it,
/// counts takes and pictures. Called by streaming threads, read by the main thread: thread-safe.
class Program {
public:
    /// `onLive` is called on a streaming thread: at first, and when what it says has changed.
    Program(std::shared_ptr<fanout::Fanout> fanout, std::int64_t firstTake, base::WallTime origin,
            std::function<void(control::Live)> onLive);

    [[nodiscard]] encode::UnitHandlers videoHandlers();
    [[nodiscard]] encode::UnitHandlers audioHandlers();
    /// The first picture's running time, before it is handed on. Set before media flows.
    void onFirstPicture(std::function<void(base::Nanoseconds)> handler) {
        onFirst_ = std::move(handler);
    }

    [[nodiscard]] std::int64_t pictures() const { return pictures_; }
    [[nodiscard]] std::uint64_t bytes() const { return bytes_; }

private:
    void takeVideo(fanout::AccessUnit unit);
    void putInOrder(fanout::AccessUnit& unit);
    void takeAudio(fanout::AccessUnit unit);
    void pushOn(fanout::AccessUnit unit);
    void describe(const fanout::AccessUnit& keyFrame);
    void measureRate(const fanout::AccessUnit& unit);
    [[nodiscard]] control::Live compose() const;

    const std::shared_ptr<fanout::Fanout> fanout_;
    const base::WallTime origin_;
    const std::function<void(control::Live)> onLive_;
    std::function<void(base::Nanoseconds)> onFirst_;

    mutable std::mutex mutex_; ///< guards what follows, up to the counters
    fanout::Format format_;
    h264::ParameterSets sets_;
    std::int64_t take_;
    int measuredRate_ = 0;
    base::Nanoseconds firstPicture_{-1};
    base::Nanoseconds lastPicture_{-1};
    bool live_ = false;

    std::atomic<std::int64_t> pictures_{0};
    std::atomic<std::uint64_t> bytes_{0};
};
