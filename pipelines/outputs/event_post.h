#pragma once

#include "pipelines/base/loop.h"
#include "pipelines/outputs/output.h"

#include <memory>
#include <string>
#include <utility>

namespace outputs {

/// Carries an output's events to the main thread, for as long as the output lives. Copied into its
/// threads; thread-safe but for silence().
class EventPost {
public:
    explicit EventPost(Events events) : events_(std::make_shared<Events>(std::move(events))) {}

    void phase(Phase phase, std::string message = {}) const {
        base::post([events = events_, phase, message = std::move(message)] {
            if (events->onPhase) {
                events->onPhase(phase, message);
            }
        });
    }
    void segment(Segment segment) const {
        base::post([events = events_, segment = std::move(segment)] {
            if (events->onSegment) {
                events->onSegment(segment);
            }
        });
    }
    void recording(Recording recording) const {
        base::post([events = events_, recording = std::move(recording)] {
            if (events->onRecording) {
                events->onRecording(recording);
            }
        });
    }
    /// From now on nothing is called any more. Main thread.
    void silence() const { *events_ = {}; }

private:
    std::shared_ptr<Events> events_;
};

} // namespace outputs
