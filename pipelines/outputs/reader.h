#pragma once

#include "pipelines/base/loop.h"
#include "pipelines/outputs/unit_queue.h"

#include <functional>
#include <memory>
#include <optional>
#include <vector>

namespace outputs {

/// The side of an output that works on disk: called on the output's own thread only, made and
/// destroyed there.
class UnitWriter {
public:
    virtual ~UnitWriter() = default;
    virtual void write(const std::vector<fanout::Queued>& batch) = 0;
    /// The last call: nothing more comes.
    virtual void finish() = 0;
};

/// An output's thread, which shares only its queue. Owned by the output; thread-bound (main
/// thread). A thread that hangs on a dead disk is left behind.
class Reader {
public:
    Reader(std::shared_ptr<UnitQueue> queue,
           std::function<std::unique_ptr<UnitWriter>()> makeWriter);
    Reader(const Reader&) = delete;
    Reader& operator=(const Reader&) = delete;
    ~Reader();

    /// Lets the thread write what is queued and finish; `onClosed` is called once, later, also when
    /// that takes longer than kCloseDeadline.
    void close(std::function<void()> onClosed);

private:
    struct Ending {
        bool ended = false;
        std::function<void()> onClosed;
        base::Timer deadline;

        void tell();
    };

    std::shared_ptr<UnitQueue> queue_;
    std::shared_ptr<Ending> ending_;
};

} // namespace outputs
