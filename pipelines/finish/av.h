#pragma once

#include "pipelines/base/result.h"

#include <cstdint>
#include <memory>
#include <string_view>

extern "C" {
#include <libavcodec/packet.h>
#include <libavformat/avformat.h>
}

/// Owning libavformat's values from C++, and reading a file through a descriptor.
namespace finish {

struct PacketFree {
    void operator()(AVPacket* packet) const noexcept { av_packet_free(&packet); }
};
using Packet = std::unique_ptr<AVPacket, PacketFree>;

struct InputClose {
    void operator()(AVFormatContext* input) const noexcept { avformat_close_input(&input); }
};
using Input = std::unique_ptr<AVFormatContext, InputClose>;

/// The first bytes of an open file, as a file that ends there. Outlives the input opened from it.
/// Thread-bound.
class FileHead {
public:
    FileHead(int fd, std::int64_t length);
    FileHead(const FileHead&) = delete;
    FileHead& operator=(const FileHead&) = delete;
    ~FileHead();

    base::Result<Input> open();

private:
    static int read(void* self, std::uint8_t* buffer, int size) noexcept;
    static std::int64_t seek(void* self, std::int64_t offset, int whence) noexcept;

    int fd_;
    std::int64_t length_;
    std::int64_t position_ = 0;
    AVIOContext* io_;
};

/// "what: <libavformat's words>", with the problem that `code` stands for.
base::Error avError(std::string_view what, int code);

} // namespace finish
