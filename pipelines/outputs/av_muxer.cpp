#include "pipelines/outputs/av_muxer.h"

#include <algorithm>
#include <cstring>
#include <limits>
#include <utility>

extern "C" {
#include <libavformat/avformat.h>
#include <libavutil/opt.h>
}

namespace outputs {

using base::fail;
using base::Problem;
using base::Result;

namespace {

constexpr int kBufferSize = 64 * 1024;
constexpr AVRational kNanoseconds{1, 1'000'000'000};

Result<void> check(int status, const char* what) {
    if (status >= 0) {
        return {};
    }
    char text[AV_ERROR_MAX_STRING_SIZE] = {};
    av_strerror(status, text, sizeof text);
    return fail(status == AVERROR(ENOSPC) ? Problem::NoSpace : Problem::Internal,
                std::string(what) + ": " + text);
}

void setExtradata(AVCodecParameters* parameters, const std::vector<std::uint8_t>& bytes) {
    if (bytes.empty()) {
        return;
    }
    parameters->extradata =
        static_cast<std::uint8_t*>(av_mallocz(bytes.size() + AV_INPUT_BUFFER_PADDING_SIZE));
    std::memcpy(parameters->extradata, bytes.data(), bytes.size());
    parameters->extradata_size = static_cast<int>(bytes.size());
}

} // namespace

int AvMuxer::onWrite(void* self, std::uint8_t* data, int size) noexcept {
    const int status = static_cast<AvMuxer*>(self)->sink_({data, static_cast<std::size_t>(size)});
    return status < 0 ? status : size;
}

Result<std::unique_ptr<AvMuxer>> AvMuxer::make(const char* format, Sink sink) {
    std::unique_ptr<AvMuxer> muxer(new AvMuxer(std::move(sink)));
    const int status = avformat_alloc_output_context2(&muxer->context_, nullptr, format, nullptr);
    if (auto made = check(status, "cannot make the muxer"); !made) {
        return fail(made.error());
    }
    auto* buffer = static_cast<unsigned char*>(av_malloc(kBufferSize));
    muxer->context_->pb =
        avio_alloc_context(buffer, kBufferSize, 1, muxer.get(), nullptr, onWrite, nullptr);
    // Our units need no bitstream filter; looking for one costs and guesses.
    muxer->context_->flags |= AVFMT_FLAG_CUSTOM_IO;
    muxer->context_->flags &= ~AVFMT_FLAG_AUTO_BSF;
    muxer->context_->flush_packets = 0;
    // Else the first packet of a stream that begins later is moved to zero.
    muxer->context_->avoid_negative_ts = AVFMT_AVOID_NEG_TS_DISABLED;
    muxer->packet_ = av_packet_alloc();
    return muxer;
}

AvMuxer::~AvMuxer() {
    if (context_ != nullptr) {
        if (context_->pb != nullptr) {
            av_freep(&context_->pb->buffer);
            avio_context_free(&context_->pb);
        }
        avformat_free_context(context_);
    }
    av_packet_free(&packet_);
}

int AvMuxer::addVideo(const Video& video) {
    AVStream* stream = avformat_new_stream(context_, nullptr);
    stream->time_base = {1, 90000};
    AVCodecParameters* parameters = stream->codecpar;
    parameters->codec_type = AVMEDIA_TYPE_VIDEO;
    parameters->codec_id = AV_CODEC_ID_H264;
    parameters->width = video.size.width;
    parameters->height = video.size.height;
    parameters->sample_aspect_ratio = {1, 1};
    setExtradata(parameters, video.configuration);
    last_.push_back(std::numeric_limits<std::int64_t>::min());
    return stream->index;
}

int AvMuxer::addAudio(const Audio& audio) {
    AVStream* stream = avformat_new_stream(context_, nullptr);
    stream->time_base = {1, audio.rate};
    AVCodecParameters* parameters = stream->codecpar;
    parameters->codec_type = AVMEDIA_TYPE_AUDIO;
    parameters->codec_id = AV_CODEC_ID_AAC;
    parameters->sample_rate = audio.rate;
    parameters->frame_size = 1024;
    av_channel_layout_default(&parameters->ch_layout, audio.channels);
    setExtradata(parameters, audio.configuration);
    last_.push_back(std::numeric_limits<std::int64_t>::min());
    return stream->index;
}

void AvMuxer::setMetadata(const char* key, const std::string& value) {
    av_dict_set(&context_->metadata, key, value.c_str(), 0);
}

Result<void> AvMuxer::writeHeader(const Options& options) {
    AVDictionary* dictionary = nullptr;
    for (const auto& [name, value] : options) {
        av_dict_set(&dictionary, name.c_str(), value.c_str(), 0);
    }
    const int status = avformat_write_header(context_, &dictionary);
    const bool allTaken = av_dict_count(dictionary) == 0;
    av_dict_free(&dictionary);
    if (status >= 0 && !allTaken) {
        return fail(Problem::Internal, "libavformat does not know an option of the muxer");
    }
    avio_flush(context_->pb);
    return check(std::min(status, context_->pb->error), "cannot write the header");
}

Result<void> AvMuxer::write(const Packet& packet) {
    const AVStream* stream = context_->streams[packet.stream];
    std::int64_t& last = last_[static_cast<std::size_t>(packet.stream)];
    last = std::max(last + 1, av_rescale_q(packet.time.count(), kNanoseconds, stream->time_base));

    av_packet_unref(packet_);
    packet_->data = const_cast<std::uint8_t*>(packet.data.data()); // copied, never written to
    packet_->size = static_cast<int>(packet.data.size());
    packet_->stream_index = packet.stream;
    packet_->pts = last;
    packet_->dts = last;
    packet_->duration = av_rescale_q(packet.duration.count(), kNanoseconds, stream->time_base);
    packet_->flags = packet.keyFrame ? AV_PKT_FLAG_KEY : 0;
    const int status = av_write_frame(context_, packet_);
    return check(std::min(status, context_->pb->error), "cannot write");
}

Result<void> AvMuxer::flush() {
    const int status = av_write_frame(context_, nullptr);
    avio_flush(context_->pb);
    return check(std::min(status, context_->pb->error), "cannot write");
}

Result<void> AvMuxer::setOption(const char* name, const char* value) {
    return check(av_opt_set(context_->priv_data, name, value, 0), name);
}

} // namespace outputs
