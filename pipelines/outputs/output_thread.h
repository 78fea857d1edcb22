#pragma once

#include "pipelines/base/loop.h"
#include "pipelines/outputs/output.h"
#include "pipelines/outputs/unit_queue.h"

#include <functional>
#include <memory>
#include <vector>

namespace outputs {

/// What an output does on its own thread: called on it only, made and destroyed there.
class UnitWriter {
public:
    virtual ~UnitWriter() = default;
    virtual void write(const std::vector<fanout::Queued>& batch) = 0;
    /// The last call: nothing more comes.
    virtual void finish() = 0;
};

/// An output that works on disk, on a thread of its own, which shares only the queue. A thread that
/// hangs on a dead disk is left behind. Thread-bound (main thread).
class OutputThread : public Output {
public:
    using MakeWriter = std::function<std::unique_ptr<UnitWriter>()>;

    OutputThread(std::shared_ptr<UnitQueue> queue, Reporter reporter, MakeWriter makeWriter);
    OutputThread(const OutputThread&) = delete;
    OutputThread& operator=(const OutputThread&) = delete;
    ~OutputThread() override;

    [[nodiscard]] std::shared_ptr<fanout::Consumer> consumer() const override { return queue_; }
    void close(std::function<void()> onClosed) override;
    [[nodiscard]] std::int64_t dropped() const override { return queue_->dropped(); }

private:
    struct Ending {
        bool ended = false; ///< the thread has
        std::function<void()> onClosed;
        base::Timer deadline;

        void tell();
    };

    const Reporter reporter_;
    const std::shared_ptr<UnitQueue> queue_;
    const std::shared_ptr<Ending> ending_ = std::make_shared<Ending>();
};

} // namespace outputs
