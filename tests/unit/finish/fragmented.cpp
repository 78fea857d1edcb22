#include "tests/unit/finish/fragmented.h"

#include "pipelines/finish/av.h"

#include <catch2/catch.hpp>
#include <glib.h>
#include <glib/gstdio.h>

extern "C" {
#include <libavutil/dict.h>
#include <libavutil/log.h>
#include <libavutil/mathematics.h>
}

namespace fragmented {

namespace {

constexpr AVRational kMilliseconds{1, 1000};

/// The recorder's muxer, in its settings.
class Writer {
public:
    Writer(const std::string& path, AVFormatContext& input, const Options& options)
        : input_(input), options_(options) {
        avformat_alloc_output_context2(&output_, nullptr, "mp4", path.c_str());
        for (unsigned i = 0; i < tracks(); ++i) {
            AVStream* stream = avformat_new_stream(output_, nullptr);
            avcodec_parameters_copy(stream->codecpar, input.streams[i]->codecpar);
            stream->codecpar->codec_tag = 0;
            stream->time_base = i == 0 ? AVRational{1, 90000} : AVRational{1, 48000};
        }
        av_dict_set(&output_->metadata, "creation_time", "2026-11-20T10:15:00.000000Z", 0);
        AVDictionary* settings = nullptr;
        av_dict_set(&settings, "movflags",
                    "frag_custom+empty_moov+default_base_moof+frag_discont+skip_trailer", 0);
        output_->avoid_negative_ts = 0;
        REQUIRE(avio_open(&output_->pb, path.c_str(), AVIO_FLAG_WRITE) >= 0);
        REQUIRE(avformat_write_header(output_, &settings) >= 0);
        av_dict_free(&settings);
        mark();
    }
    Writer(const Writer&) = delete;
    Writer& operator=(const Writer&) = delete;
    ~Writer() {
        avio_closep(&output_->pb);
        avformat_free_context(output_);
    }

    [[nodiscard]] unsigned tracks() const { return options_.audio ? 2 : 1; }

    void write(AVPacket& packet) {
        const auto index = static_cast<unsigned>(packet.stream_index);
        if (index >= tracks()) {
            return;
        }
        const AVRational from = input_.streams[index]->time_base;
        const auto begin = av_rescale_q(packet.dts, from, kMilliseconds);
        if (begin >= next_) {
            flush();
            next_ += options_.fragment.count();
        }
        const AVRational to = output_->streams[index]->time_base;
        av_packet_rescale_ts(&packet, from, to);
        const auto shift = options_.start + (index == 1 ? options_.audioDelay : options_.start * 0);
        packet.pts += av_rescale_q(shift.count(), kMilliseconds, to);
        packet.dts = packet.pts;
        if (packet.duration == 0) {
            packet.duration = index == 0 ? 3000 : 1024;
        }
        REQUIRE(av_write_frame(output_, &packet) >= 0);
    }
    void flush() {
        REQUIRE(av_write_frame(output_, nullptr) >= 0);
        avio_flush(output_->pb);
        mark();
    }

    std::vector<std::int64_t> lengths;

private:
    void mark() {
        avio_flush(output_->pb);
        lengths.push_back(avio_tell(output_->pb));
    }

    AVFormatContext& input_;
    Options options_;
    AVFormatContext* output_ = nullptr;
    std::int64_t next_ = options_.fragment.count();
};

struct MediaFile {
    std::string folder;
    std::string path;

    MediaFile() {
        gchar* made = g_dir_make_tmp("spillway-media-XXXXXX", nullptr);
        folder = made;
        g_free(made);
        path = folder + "/media.mkv";
        const std::string command =
            "ffmpeg -nostdin -v error -f lavfi -i testsrc2=size=320x180:rate=30 "
            "-f lavfi -i sine=frequency=440:sample_rate=48000 -t 4 -c:v libx264 -preset ultrafast "
            "-bf 0 -g 30 -pix_fmt yuv420p -c:a aac -ac 2 " +
            path;
        int status = -1;
        REQUIRE(g_spawn_command_line_sync(command.c_str(), nullptr, nullptr, &status, nullptr));
        REQUIRE(status == 0);
    }
    MediaFile(const MediaFile&) = delete;
    MediaFile& operator=(const MediaFile&) = delete;
    ~MediaFile() {
        g_unlink(path.c_str());
        g_rmdir(folder.c_str());
    }
};

} // namespace

const std::string& encodedMedia() {
    static const MediaFile file;
    return file.path;
}

std::vector<std::int64_t> write(const std::string& path, const Options& options) {
    av_log_set_level(AV_LOG_FATAL);
    AVFormatContext* opened = nullptr;
    REQUIRE(avformat_open_input(&opened, encodedMedia().c_str(), nullptr, nullptr) >= 0);
    const finish::Input input(opened);
    REQUIRE(avformat_find_stream_info(opened, nullptr) >= 0);
    Writer writer(path, *input, options);
    const finish::Packet packet(av_packet_alloc());
    while (av_read_frame(opened, packet.get()) >= 0) {
        writer.write(*packet);
        av_packet_unref(packet.get());
    }
    writer.flush();
    return writer.lengths;
}

} // namespace fragmented
