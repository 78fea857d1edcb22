#pragma once

#include "pipelines/control/messages.h"
#include "pipelines/fanout/fanout.h"
#include "pipelines/gst/timebase.h"
#include "pipelines/outputs/output.h"

#include <functional>
#include <map>
#include <memory>
#include <string>

namespace stream {

/// The outputs of a stream by name: makes them from messages, joins them to the fan-out, reports on
/// them. Owned by the stream. Thread-bound.
class OutputSet {
public:
    OutputSet(std::shared_ptr<fanout::Fanout> fanout, const gst::Timebase& timebase,
              control::Send send);
    ~OutputSet();

    void add(const control::OutputAdd& message);
    void remove(const std::string& name);
    /// Closes what there is; called back, later, when all have closed.
    void closeAll(std::function<void()> onClosed);
    /// Access units dropped by outputs that are or were here.
    [[nodiscard]] std::int64_t dropped() const;

private:
    void close(const std::string& name);
    void onClosed(const std::string& name);

    std::shared_ptr<fanout::Fanout> fanout_;
    gst::Timebase timebase_;
    control::Send send_;
    std::map<std::string, std::unique_ptr<outputs::Output>> open_;
    std::map<std::string, std::unique_ptr<outputs::Output>> closing_;
    std::int64_t droppedBefore_ = 0;
    std::function<void()> onAllClosed_;
};

} // namespace stream
