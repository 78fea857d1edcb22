#pragma once

#include "pipelines/base/result.h"
#include "pipelines/base/units.h"

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <span>
#include <string>
#include <vector>

struct AVFormatContext;
struct AVPacket;

namespace outputs {

/// One of libavformat's muxers, writing into a function. Reentrant.
class AvMuxer {
public:
    using Options = std::map<std::string, std::string>;
    /// Takes what the muxer wrote; returns 0, or a negative errno that then fails the call that led
    /// to it.
    using Sink = std::function<int(std::span<const std::uint8_t>)>;

    struct Video {
        base::PictureSize size;
        std::vector<std::uint8_t>
            configuration; ///< AVCDecoderConfigurationRecord, or empty for Annex B
    };
    struct Audio {
        int rate = 48000;
        int channels = 2;
        std::vector<std::uint8_t> configuration; ///< AudioSpecificConfig, or empty for ADTS
    };
    struct Packet {
        int stream = 0;
        std::span<const std::uint8_t> data;
        base::Nanoseconds time{};
        base::Nanoseconds duration{};
        bool keyFrame = false;
    };

    static base::Result<std::unique_ptr<AvMuxer>> make(const char* format, Sink sink);
    AvMuxer(const AvMuxer&) = delete;
    AvMuxer& operator=(const AvMuxer&) = delete;
    ~AvMuxer();

    /// Both return the stream's number.
    int addVideo(const Video& video);
    int addAudio(const Audio& audio);
    void setMetadata(const char* key, const std::string& value);
    /// Of the context, before writeHeader().
    [[nodiscard]] AVFormatContext* context() { return context_; }

    /// Fails for an option that nobody takes.
    base::Result<void> writeHeader(const Options& options);
    /// Times of one stream that don't grow are set to just after the one before.
    base::Result<void> write(const Packet& packet);
    /// What the muxer holds back, a fragment for instance.
    base::Result<void> flush();
    /// An option of the muxer that may change on the way.
    base::Result<void> setOption(const char* name, const char* value);

private:
    explicit AvMuxer(Sink sink) : sink_(std::move(sink)) {}
    static int onWrite(void* self, std::uint8_t* data, int size) noexcept;

    Sink sink_;
    AVFormatContext* context_ = nullptr;
    AVPacket* packet_ = nullptr;
    std::vector<std::int64_t> last_; ///< per stream, in its time base
};

} // namespace outputs
