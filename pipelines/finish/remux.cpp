#include "pipelines/finish/remux.h"

#include "pipelines/base/unique.h"
#include "pipelines/finish/av.h"

#include <algorithm>
#include <cerrno>
#include <deque>
#include <fcntl.h>
#include <new>
#include <optional>
#include <vector>

extern "C" {
#include <libavutil/dict.h>
#include <libavutil/mathematics.h>
}

namespace finish {

namespace {

using base::Problem;
using base::Result;

/// Packets looked at for the first of each track; a recorder's fragment of 0.5 s has about 40.
constexpr std::size_t kLookAhead = 1000;
/// Resolution of the edit list that holds a track's late start: exact for video.
constexpr std::int64_t kMovieTimescale = 90000;

struct OutputClose {
    void operator()(AVFormatContext* output) const noexcept {
        avio_closep(&output->pb);
        avformat_free_context(output);
    }
};
using Output = std::unique_ptr<AVFormatContext, OutputClose>;

/// After a power loss the last samples may be zeros. H.264 in an MP4 is NAL units behind their
/// lengths.
bool isWhole(const AVPacket& packet, const AVCodecParameters& codec) {
    if (std::all_of(packet.data, packet.data + packet.size, [](int byte) { return byte == 0; })) {
        return false;
    }
    if (codec.codec_id != AV_CODEC_ID_H264 || codec.extradata_size < 5 || codec.extradata[0] != 1) {
        return true;
    }
    const int prefix = (codec.extradata[4] & 3) + 1;
    int position = 0;
    while (position + prefix < packet.size) {
        std::int64_t length = 0;
        for (int i = 0; i < prefix; ++i) {
            length = length << 8 | packet.data[position + i];
        }
        if (length == 0 || length > packet.size - position - prefix) {
            return false;
        }
        position += prefix + static_cast<int>(length);
    }
    return position == packet.size;
}

/// Copies packets from one file to the other. Lives for one remux. Thread-bound.
class Copy {
public:
    Copy(AVFormatContext& input, AVFormatContext& output)
        : input_(input), output_(output), last_(input.nb_streams, AV_NOPTS_VALUE) {}

    Result<void> begin();
    Result<void> packets();
    Result<void> end();

private:
    void addStreams();
    Result<void> findStart();
    /// The next whole packet; nothing at the end.
    Result<Packet> read();
    Result<void> write(AVPacket& packet);

    AVFormatContext& input_;
    AVFormatContext& output_;
    std::deque<Packet> ahead_; ///< read, not yet written
    std::int64_t start_ = 0;   ///< earliest time, in startBase_
    AVRational startBase_{1, 1};
    std::vector<std::int64_t> last_; ///< decoding time of each track's last packet
};

void Copy::addStreams() {
    for (unsigned i = 0; i < input_.nb_streams; ++i) {
        const AVStream* from = input_.streams[i];
        AVStream* to = avformat_new_stream(&output_, nullptr);
        if (to == nullptr || avcodec_parameters_copy(to->codecpar, from->codecpar) < 0) {
            throw std::bad_alloc();
        }
        to->codecpar->codec_tag = 0;
        to->time_base = from->time_base;
        to->avg_frame_rate = from->avg_frame_rate;
        to->disposition = from->disposition;
        av_dict_copy(&to->metadata, from->metadata, 0);
    }
}

Result<Packet> Copy::read() {
    Packet packet(av_packet_alloc());
    if (!packet) {
        throw std::bad_alloc();
    }
    while (true) {
        av_packet_unref(packet.get());
        const int code = av_read_frame(&input_, packet.get());
        if (code == AVERROR_EOF) {
            return Packet();
        }
        if (code < 0) {
            return base::fail(avError("reading the recording", code));
        }
        if (isWhole(*packet, *input_.streams[packet->stream_index]->codecpar)) {
            return packet;
        }
    }
}

Result<void> Copy::findStart() {
    std::vector<bool> seen(input_.nb_streams, false);
    bool any = false;
    while (ahead_.size() < kLookAhead && std::find(seen.begin(), seen.end(), false) != seen.end()) {
        auto packet = read();
        if (!packet) {
            return base::fail(packet.error());
        }
        if (!*packet) {
            break;
        }
        const auto index = static_cast<std::size_t>((*packet)->stream_index);
        const AVRational timeBase = input_.streams[index]->time_base;
        const std::int64_t time = std::min((*packet)->pts, (*packet)->dts);
        if (!seen[index] && (!any || av_compare_ts(time, timeBase, start_, startBase_) < 0)) {
            start_ = time;
            startBase_ = timeBase;
        }
        any = seen[index] = true;
        ahead_.push_back(std::move(*packet));
    }
    if (!any) {
        return base::fail(Problem::Unprocessable, "the recording holds no video and no audio");
    }
    return {};
}

Result<void> Copy::begin() {
    addStreams();
    if (auto found = findStart(); !found) {
        return found;
    }
    av_dict_copy(&output_.metadata, input_.metadata, 0);
    for (const char* brand : {"major_brand", "minor_version", "compatible_brands"}) {
        av_dict_set(&output_.metadata, brand, nullptr, 0);
    }
    AVDictionary* options = nullptr;
    av_dict_set(&options, "movflags", "+faststart", 0);
    av_dict_set_int(&options, "movie_timescale", kMovieTimescale, 0);
    const int code = avformat_write_header(&output_, &options);
    av_dict_free(&options);
    if (code < 0) {
        return base::fail(avError("writing the head", code));
    }
    return {};
}

Result<void> Copy::write(AVPacket& packet) {
    const auto index = static_cast<std::size_t>(packet.stream_index);
    const AVRational timeBase = input_.streams[index]->time_base;
    const std::int64_t start = av_rescale_q(start_, startBase_, timeBase);
    packet.pts -= start;
    packet.dts -= start;
    packet.pos = -1;
    std::int64_t& last = last_[index];
    if (last != AV_NOPTS_VALUE && packet.dts <= last) {
        return {}; // no player could use it, and the muxer refuses it
    }
    // libavformat 5.1 does not tell durations in fragments; the index takes that of the last one.
    packet.duration = last == AV_NOPTS_VALUE ? 0 : packet.dts - last;
    last = packet.dts;
    av_packet_rescale_ts(&packet, timeBase, output_.streams[index]->time_base);
    // In the order of the source, which interleaves by fragment: no packet waits in memory.
    const int code = av_write_frame(&output_, &packet);
    if (code < 0) {
        return base::fail(avError("writing", code));
    }
    return {};
}

Result<void> Copy::packets() {
    while (true) {
        Packet packet;
        if (!ahead_.empty()) {
            packet = std::move(ahead_.front());
            ahead_.pop_front();
        } else if (auto next = read()) {
            packet = std::move(*next);
        } else {
            return base::fail(next.error());
        }
        if (!packet) {
            return {};
        }
        if (auto written = write(*packet); !written) {
            return written;
        }
    }
}

Result<void> Copy::end() {
    int code = av_write_trailer(&output_);
    if (code >= 0 && output_.pb->error < 0) {
        code = output_.pb->error;
    }
    const int closed = avio_closep(&output_.pb);
    if (code < 0 || closed < 0) {
        return base::fail(avError("writing the index", code < 0 ? code : closed));
    }
    return {};
}

Result<Output> openOutput(const std::string& target) {
    const std::string url = "file:" + target;
    AVFormatContext* context = nullptr;
    if (avformat_alloc_output_context2(&context, nullptr, "mp4", url.c_str()) < 0) {
        throw std::bad_alloc();
    }
    Output output(context);
    if (const int code = avio_open(&output->pb, url.c_str(), AVIO_FLAG_WRITE); code < 0) {
        return base::fail(avError("opening " + target, code));
    }
    return output;
}

Result<void> sync(const std::string& target) {
    const base::UniqueFd fd(open(target.c_str(), O_RDONLY | O_CLOEXEC));
    if (!fd || fsync(fd.get()) != 0) {
        return base::fail(avError("syncing " + target, AVERROR(errno)));
    }
    return {};
}

} // namespace

Result<void> remux(int fd, std::int64_t length, const std::string& target) {
    FileHead head(fd, length);
    auto input = head.open();
    if (!input) {
        return base::fail(input.error());
    }
    auto output = openOutput(target);
    if (!output) {
        return base::fail(output.error());
    }
    Copy copy(**input, **output);
    return copy.begin()
        .and_then([&] { return copy.packets(); })
        .and_then([&] { return copy.end(); })
        .and_then([&] { return sync(target); });
}

} // namespace finish
