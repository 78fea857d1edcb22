#pragma once

#include "pipelines/departures.h"
#include "pipelines/publisher.h"

#include <functional>
#include <memory>
#include <string>

/// The publisher of a stream that is on air, and for a while the one that is to take its place,
/// which happens at its first key frame. When the former one is lost before, the stream waits for
/// the new one; when the new one fails, the former one goes on. Owned by the core. Thread-bound.
class Publishers : public std::enable_shared_from_this<Publishers> {
public:
    /// All on the main thread.
    struct Events {
        std::function<void(control::Answer)> onAnswer;
        std::function<void(control::Track)> onTrack;
        std::function<void(control::Closed)> onClosed;
        std::function<void(const base::Error&)> onLost; ///< the last one: all is to be closed
    };

    Publishers(std::shared_ptr<Encoding> encoding, const gst::Timebase& timebase, Events events);

    /// The first one.
    base::Result<void> begin(const control::Publish& publish, const sdp::PublishOffer& offer);
    /// Conflict when the session to be replaced is not the current one, Unprocessable with another
    /// codec than the one that runs, Unavailable when too many former publishers hang.
    base::Result<void> replace(const control::Publish& publish, const sdp::PublishOffer& offer);
    /// These two ignore a session that is not here.
    void addCandidate(const std::string& session, int mediaLine, const std::string& candidate);
    void leave(const std::string& session, const base::Error& reason);
    void requestKeyFrame();
    /// Ends what there is; `done` is called within 3 s.
    void close(const base::Error& reason, std::function<void()> done);

    /// Of whoever is on air, and of those who were.
    [[nodiscard]] std::uint64_t receivedBytes() const;
    [[nodiscard]] std::int64_t lostPackets() const;

private:
    struct Incoming {
        std::unique_ptr<Publisher> publisher;
        base::Timer patience;
        base::Timer keyFrames;
    };
    struct Counters {
        std::int64_t bytes = 0;
        std::int64_t lost = 0;
    };

    [[nodiscard]] base::Result<void> check(const control::Publish& publish, sdp::Codec codec) const;
    base::Result<std::unique_ptr<Publisher>> make(const control::Publish& publish,
                                                  const sdp::PublishOffer& offer);
    PublisherEvents eventsOf(const std::string& session);
    void expect(std::unique_ptr<Publisher> publisher, bool hasSound);
    void follow();
    bool withdraw();
    void dismiss(std::unique_ptr<Publisher> publisher, const base::Error& reason,
                 const std::string& replacedBy = {});
    void count(const Publisher& publisher, int sign);

    const std::shared_ptr<Encoding> encoding_;
    const gst::Timebase timebase_;
    const Events events_;
    int lastNumber_ = 0;
    std::shared_ptr<OnAir> onAir_ = std::make_shared<OnAir>(1);
    std::unique_ptr<Publisher>
        current_;       ///< none when it was lost and the stream waits for the next
    Incoming incoming_; ///< not on air yet
    Departures departures_;
    Counters former_; ///< beside what the current one counts itself
};
