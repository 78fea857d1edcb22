#pragma once

#include "pipelines/base/loop.h"
#include "pipelines/base/result.h"
#include "pipelines/control/messages.h"
#include "pipelines/encode/audio.h"
#include "pipelines/fanout/fanout.h"
#include "pipelines/gst/element.h"
#include "pipelines/ingest/peer.h"
#include "pipelines/program.h"

#include <functional>
#include <memory>
#include <string>

/// The clock and base time that the core pipeline and every output share, so that running time means the same
/// everywhere.
struct Timebase {
    gst::Ref<GstClock> clock;
    GstClockTime baseTime = 0;

    static Timebase now();
    [[nodiscard]] base::Nanoseconds runningTime() const;
    /// For a pipeline that is still in NULL.
    void applyTo(GstPipeline* pipeline) const;
};

/// All on the main thread.
struct CoreEvents {
    std::function<void(base::Result<std::string>)> onAnswer;
    std::function<void(control::Track)> onTrack;
    std::function<void(control::Live)> onLive;
    std::function<void(const base::Error&)> onLost; ///< at most once; the core is to be closed
};

/// Ingest and encode of one stream: the pipeline from the publisher to the fan-out. Owned by the stream.
/// Thread-bound.
class Core {
public:
    static base::Result<std::unique_ptr<Core>> start(const control::Publish& publish, const Timebase& timebase,
                                                     std::shared_ptr<fanout::Fanout> fanout, CoreEvents events);
    ~Core();

    void addCandidate(int mediaLine, const std::string& candidate);
    void requestKeyFrame();
    /// Ends the session and stops the pipeline on the teardown thread; called back within 5 s.
    void close(std::function<void()> onClosed);

    [[nodiscard]] const std::string& session() const { return session_; }
    [[nodiscard]] std::uint64_t receivedBytes() const;
    [[nodiscard]] std::int64_t lostPackets() const;
    [[nodiscard]] const Program& program() const { return *program_; }

private:
    Core(const control::Publish& publish, CoreEvents events);

    base::Result<void> build(const control::Publish& publish, const Timebase& timebase,
                             std::shared_ptr<fanout::Fanout> fanout);
    base::Result<ingest::PeerInputs> addTracks(const control::Publish& publish, const sdp::PublishOffer& offer);
    ingest::PeerEvents peerEvents(const sdp::PublishOffer& offer);
    void watchBus();
    void askForKeyFrames(base::Milliseconds gop);

    std::string session_;
    CoreEvents events_;
    gst::Ref<GstElement> pipeline_;
    std::unique_ptr<Program> program_;
    std::unique_ptr<encode::AudioEncoder> audio_;
    std::shared_ptr<ingest::Peer> peer_;
    base::Timer keyFrames_;
    unsigned busWatch_ = 0;
    std::shared_ptr<bool> alive_ = std::make_shared<bool>(true);
};
