#pragma once

#include "pipelines/fanout/access_unit.h"

#include <memory>
#include <mutex>
#include <vector>

namespace fanout {

/// An output's end of the fan-out. Calls come from a streaming thread of the core pipeline and must
/// not block; what an output can't take it drops, whole GOPs of audio and video together.
class Consumer {
public:
    virtual ~Consumer() = default;
    /// Before the first unit, and again when the parameters change (always right before a key frame).
    virtual void setFormat(const Format& format) = 0;
    /// The first unit a consumer sees is a video key frame.
    virtual void consume(const AccessUnit& unit) = 0;
};

/// Hands the encoded access units of a stream to every output. Keeps the current GOP, so that a new
/// output starts at once with its key frame. Thread-safe.
class Fanout {
public:
    /// Call when both formats are known and whenever one changes, before the units they describe.
    void setFormat(Format format);
    /// Audio from before the first key frame is dropped.
    void push(AccessUnit unit);

    /// The consumer is called until it is removed or gone; begins with the GOP cache.
    void add(std::shared_ptr<Consumer> consumer);
    /// After the return no call into the consumer is under way or will come.
    void remove(const std::shared_ptr<Consumer>& consumer);

private:
    std::mutex mutex_;
    Format format_;
    std::vector<AccessUnit> gop_; ///< from the last key frame on, bounded
    std::vector<std::shared_ptr<Consumer>> consumers_;
};

} // namespace fanout
