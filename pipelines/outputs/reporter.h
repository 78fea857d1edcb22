#pragma once

#include "pipelines/base/log.h"
#include "pipelines/base/loop.h"
#include "pipelines/control/messages.h"

#include <functional>
#include <memory>
#include <string>
#include <utility>

namespace outputs {

/// Sends what one output has to say to the gateway, on the main thread, never from inside a call
/// into the output. Copied into the output's threads; thread-safe but for silence().
class Reporter {
public:
    /// `output`: by its name in the messages.
    Reporter(const std::string& output, control::Send send)
        : output_(output), logger_("output " + output),
          send_(std::make_shared<control::Send>(std::move(send))) {}

    [[nodiscard]] const base::Logger& logger() const { return logger_; }

    void phase(control::OutputPhase phase, std::string message = {}) const {
        post(control::OutputState{output_, phase, std::move(message)});
    }
    /// Logs it as well.
    void failed(const std::string& message) const {
        logger_.warning(message);
        phase(control::OutputPhase::Failed, message);
    }
    /// Of these two the output's name is filled in.
    void segment(control::Segment segment) const {
        segment.output = output_;
        post(std::move(segment));
    }
    void recording(control::Recording recording) const {
        recording.output = output_;
        post(std::move(recording));
    }
    /// From now on nothing is sent any more. Main thread.
    void silence() const { *send_ = nullptr; }

private:
    void post(control::FromPipeline message) const {
        base::post([send = send_, message = std::move(message)] {
            if (*send) {
                (*send)(message);
            }
        });
    }

    std::string output_;
    base::Logger logger_;
    std::shared_ptr<control::Send> send_;
};

} // namespace outputs
