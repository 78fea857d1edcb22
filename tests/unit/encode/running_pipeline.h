#pragma once

#include "pipelines/base/units.h"
#include "pipelines/fanout/access_unit_sink.h"

#include <cstdint>
#include <mutex>
#include <string>
#include <vector>

/// A pipeline around one encoder, and everything that came out of it. GStreamer is initialised by
/// it; nothing of it is left after the destructor.
class RunningPipeline {
public:
    RunningPipeline();
    RunningPipeline(const RunningPipeline&) = delete;
    RunningPipeline& operator=(const RunningPipeline&) = delete;
    ~RunningPipeline();

    [[nodiscard]] GstBin* bin() const { return GST_BIN(pipeline_.get()); }
    [[nodiscard]] fanout::OnAccessUnit collect();
    /// An appsrc for what is linked to `next`.
    void addSource(const std::string& caps, GstElement* next);
    void play();

    void setCaps(const std::string& caps);
    void push(base::Nanoseconds time, const std::vector<std::uint8_t>& bytes);
    /// No more comes in; waits until everything came out.
    void drain();
    [[nodiscard]] base::Nanoseconds runningTime() const;

    [[nodiscard]] std::vector<fanout::AccessUnit> units() const;
    /// As text, in the order told.
    [[nodiscard]] std::vector<std::string> caps() const;

private:
    gst::Ref<GstElement> pipeline_;
    gst::Ref<GstElement> source_;
    mutable std::mutex mutex_; ///< guards what follows
    std::vector<fanout::AccessUnit> units_;
    std::vector<std::string> caps_;
};

/// The access unit's bytes.
std::vector<std::uint8_t> bytesOf(const fanout::AccessUnit& unit);
