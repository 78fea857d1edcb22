#pragma once

#include "pipelines/fanout/access_unit.h"

#include <cstddef>
#include <deque>
#include <memory>
#include <mutex>
#include <vector>

namespace fanout {

/// Where a consumer that comes while the stream runs begins.
enum class Begin {
    CachedGop, ///< with the key frame of the current GOP: files
    Live,      ///< likewise while that is fresh, else with the next one: a network takes no burst
};

/// An output's end of the fan-out. Calls come one at a time, from the streaming threads of the
/// encoder pipeline and from the thread that adds it. They must not block and must not call the
/// fan-out; what an output can't take it drops, whole GOPs of audio and video together.
class Consumer {
public:
    virtual ~Consumer() = default;
    /// Before the first unit, and again when the parameters change: right before a key frame.
    virtual void setFormat(const Format& format) = 0;
    /// The first unit is a video key frame; no audio from before its time follows.
    virtual void consume(const AccessUnit& unit) = 0;
    [[nodiscard]] virtual Begin begin() const { return Begin::CachedGop; }
};

/// Hands the encoded access units of a stream to every output. Keeps the current GOP, so that a new
/// output starts at once with its key frame. Thread-safe.
class Fanout {
public:
    /// Call when both formats are known and whenever one changes, before the units they describe.
    void setFormat(Format format);
    /// Units of one medium in the order of their times; the media may be apart by some 100 ms.
    void push(AccessUnit unit);

    /// The consumer is called until it is removed.
    void add(std::shared_ptr<Consumer> consumer);
    /// After the return no call into the consumer is under way or will come.
    void remove(const std::shared_ptr<Consumer>& consumer);

private:
    struct Subscriber {
        std::shared_ptr<Consumer> consumer;
        bool started = false;
        base::Nanoseconds from{}; ///< of its first key frame
    };

    void cache(const AccessUnit& unit);
    void beginGop(const AccessUnit& keyFrame);
    void trim();
    void start(Subscriber& subscriber);

    std::mutex mutex_;
    Format format_;
    bool formatChanged_ = false; ///< not yet told to those who started
    /// In a GOP: its key frame first. Before the first one: audio that may belong to it.
    std::deque<AccessUnit> gop_;
    std::size_t gopBytes_ = 0;
    base::Nanoseconds newestVideo_{}; ///< in the GOP; audio may be far ahead of it
    bool inGop_ = false;
    std::vector<Subscriber> subscribers_;
};

} // namespace fanout
