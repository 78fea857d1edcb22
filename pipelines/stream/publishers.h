#pragma once

#include "pipelines/base/loop.h"
#include "pipelines/control/messages.h"
#include "pipelines/gst/timebase.h"
#include "pipelines/ingest/publisher.h"
#include "pipelines/stream/switch.h"

#include <functional>
#include <list>
#include <memory>
#include <string>

namespace stream {

/// The sources of a stream: the publisher that is active, and for a while the one that is to take
/// its place, which happens at its first key frame. When the former one is lost before, the stream
/// waits for the new one; when the new one fails, the former one goes on. Those that were replaced
/// or never became active are closed here in their own time. Owned by the stream. Thread-bound.
class Publishers : public std::enable_shared_from_this<Publishers> {
public:
    /// With the first one. Each is told of by `send` (Answer, Track, Closed). `onLost` is called on
    /// the main thread when the last one is lost: close() is to be called.
    static base::Result<std::shared_ptr<Publishers>>
    start(const control::Publish& publish, const sdp::PublishOffer& offer,
          std::shared_ptr<Encoder> encoder, const gst::Timebase& timebase, control::Send send,
          std::function<void(const base::Error&)> onLost);
    Publishers(const Publishers&) = delete;
    Publishers& operator=(const Publishers&) = delete;

    /// Conflict when the session to be replaced is not the current one, Unprocessable with another
    /// codec than the one that runs, Unavailable when too many former publishers hang.
    base::Result<void> replace(const control::Publish& publish, const sdp::PublishOffer& offer);
    /// These two ignore a session that is not here.
    void addCandidate(const std::string& session, int mediaLine, const std::string& candidate);
    void leave(const std::string& session, const base::Error& reason);
    void requestKeyFrame();
    /// Ends what there is; `done` is called within 3 s.
    void close(const base::Error& reason, std::function<void()> done);

    /// Of whoever is active, and of those who were.
    [[nodiscard]] std::uint64_t receivedBytes() const;
    [[nodiscard]] std::int64_t lostPackets() const;

private:
    /// One publisher and its number at the switch.
    struct Source {
        std::shared_ptr<ingest::Publisher> publisher;
        int number = 0;

        [[nodiscard]] bool is(const std::string& session) const {
            return publisher && publisher->session() == session;
        }
    };
    struct Incoming : Source {
        base::Timer deadline;
        base::Timer keyFrames;
    };
    struct Counters {
        std::int64_t bytes = 0;
        std::int64_t lost = 0;
    };

    Publishers(std::shared_ptr<Encoder> encoder, const gst::Timebase& timebase, control::Send send,
               std::function<void(const base::Error&)> onLost);

    base::Result<void> begin(const control::Publish& publish, const sdp::PublishOffer& offer);
    [[nodiscard]] base::Result<void> check(const control::Publish& publish, sdp::Codec codec) const;
    base::Result<Source> make(const control::Publish& publish, const sdp::PublishOffer& offer);
    void expect(Source source, bool hasAudio);
    void askForKeyFrames(base::Milliseconds gop);
    void follow();
    bool withdraw();
    void dismiss(Source source, const base::Error& reason, const std::string& replacedBy = {});
    void letGo(const std::shared_ptr<ingest::Publisher>& publisher);
    void count(const ingest::Publisher& publisher, int sign);

    const std::shared_ptr<Encoder> encoder_;
    const gst::Timebase timebase_;
    const control::Send send_;
    const std::function<void(const base::Error&)> onLost_;
    std::shared_ptr<Switch> switch_;
    int lastNumber_ = 0;
    Source current_;    ///< none when it was lost and the stream waits for the next
    Incoming incoming_; ///< not active yet
    std::list<std::shared_ptr<ingest::Publisher>> leaving_;
    int abandoned_ = 0; ///< former publishers that hang and were left behind with their threads
    Counters former_;   ///< beside what the current one counts itself
    base::Timer silence_;
    base::Timer keyFrames_; ///< of H.264 that passes through
};

} // namespace stream
