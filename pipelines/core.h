#pragma once

#include "pipelines/base/loop.h"
#include "pipelines/base/result.h"
#include "pipelines/control/messages.h"
#include "pipelines/encoding.h"
#include "pipelines/fanout/fanout.h"
#include "pipelines/gst/timebase.h"
#include "pipelines/publishers.h"

#include <functional>
#include <memory>
#include <string>

/// All on the main thread.
struct CoreEvents {
    std::function<void(control::Answer)> onAnswer;
    std::function<void(control::Track)> onTrack;
    std::function<void(control::Live)> onLive;
    std::function<void(control::Closed)> onClosed; ///< of each publisher
    std::function<void(const base::Error&)>
        onLost; ///< of the last publisher; the core is to be closed
};

/// Ingest and encode of one stream, from its publishers to the fan-out. Owned by the stream.
/// Thread-bound.
class Core {
public:
    static base::Result<std::unique_ptr<Core>> start(const control::Publish& publish,
                                                     const gst::Timebase& timebase,
                                                     std::shared_ptr<fanout::Fanout> fanout,
                                                     CoreEvents events);
    Core(const Core&) = delete;
    Core& operator=(const Core&) = delete;

    /// Another session of the publisher is to take over; see Publishers::replace.
    base::Result<void> replace(const control::Publish& publish);
    [[nodiscard]] Publishers& publishers() { return *publishers_; }
    /// Ends every session and stops the pipelines on the teardown thread; called back within 3 s.
    void close(const base::Error& reason, std::function<void()> onClosed);

    [[nodiscard]] const Publishers& publishers() const { return *publishers_; }
    [[nodiscard]] const Program& program() const { return encoding_->program(); }

private:
    Core(std::shared_ptr<Encoding> encoding, const gst::Timebase& timebase,
         const CoreEvents& events);
    void askForKeyFrames(base::Milliseconds gop);

    std::shared_ptr<Encoding> encoding_;
    std::shared_ptr<Publishers> publishers_;
    base::Timer keyFrames_;
};
