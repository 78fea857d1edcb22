#pragma once

#include "gateway/streams/events.h"
#include "gateway/streams/parameters.h"
#include "gateway/streams/registry.h"
#include "gateway/streams/stream_slot.h"

#include <optional>
#include <string>
#include <vector>

namespace streams {

/// The outputs of one stream: the four that every stream has and the receivers that were added.
/// Decides where they go and keeps what became of them; the pipeline runs them. Owned by its
/// stream. Thread-bound.
class Outputs {
public:
    static constexpr int kMostReceivers = 16;

    Outputs(Shared& shared, std::string stream, StreamSlot& slot)
        : shared_(shared), stream_(std::move(stream)), slot_(slot) {}
    Outputs(const Outputs&) = delete;
    Outputs& operator=(const Outputs&) = delete;
    ~Outputs();

    /// Once. One that can't be had is listed as failed and not in the result.
    std::vector<control::OutputAdd> addBuiltIn();
    base::Result<control::OutputAdd> addReceiver(const Receiver& receiver);
    /// Only what addReceiver made.
    base::Result<void> remove(const std::string& id);
    /// Null for an id that is not ours.
    const OutputInfo* update(const control::OutputState& state);
    /// What the segments and takes from here on are like.
    void setFormat(const control::Live& live, const Parameters& parameters);
    /// Into the playlist; `time`: of its first picture. Fails when it can't be a segment.
    base::Result<void> addSegment(const control::Segment& segment, base::WallTime time);
    void updateRecording(const control::Recording& recording);
    /// A recording can't go on when the pictures change; the next one begins there. Takes the ended
    /// one's place in the list. Nothing when `ended` is not the recording of this stream.
    std::optional<control::OutputAdd> followRecording(const std::string& ended);
    /// Nothing runs any more.
    void close();

    [[nodiscard]] const std::vector<OutputInfo>& list() const { return list_; }
    [[nodiscard]] const OutputInfo* find(const std::string& id) const;
    [[nodiscard]] std::int64_t nextTake() const { return slot_.nextTake; }

private:
    base::Result<control::HlsOutput> makeHls() const;
    base::Result<control::RtpOutput> makeRtp();
    base::Result<control::TsOutput> makeTs();
    base::Result<control::Mp4Output> makeMp4() const;
    base::Result<int> allot(int& before);
    void releasePorts();
    OutputInfo* recordingOutput();
    void concludeRecording();

    Shared& shared_;
    std::string stream_;
    StreamSlot& slot_;
    std::vector<OutputInfo> list_;
    std::vector<int> ports_;                      ///< to give back
    int added_ = 0;                               ///< outputs so far, for their ids
    std::optional<std::int64_t> segmentTake_;     ///< of the last segment
    std::optional<control::Recording> recording_; ///< the last news of it
};

} // namespace streams
