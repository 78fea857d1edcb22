#include "pipelines/finish/av.h"

#include <algorithm>
#include <array>
#include <cerrno>
#include <new>
#include <unistd.h>

extern "C" {
#include <libavutil/error.h>
#include <libavutil/mem.h>
}

namespace finish {

namespace {

constexpr int kBuffer = 256 * 1024;

base::Problem problemOf(int code) {
    switch (code) {
    case AVERROR(ENOSPC):
    case AVERROR(EDQUOT):
    case AVERROR(EFBIG):
        return base::Problem::NoSpace;
    case AVERROR_INVALIDDATA:
    case AVERROR_EOF:
        return base::Problem::Unprocessable;
    default:
        return base::Problem::Internal;
    }
}

} // namespace

base::Error avError(std::string_view what, int code) {
    std::array<char, AV_ERROR_MAX_STRING_SIZE> text{};
    av_strerror(code, text.data(), text.size());
    return {problemOf(code), std::string(what) + ": " + text.data()};
}

FileHead::FileHead(int fd, std::int64_t length)
    : fd_(fd), length_(length),
      io_(avio_alloc_context(static_cast<std::uint8_t*>(av_malloc(kBuffer)), kBuffer, 0, this,
                             &FileHead::read, nullptr, &FileHead::seek)) {
    if (io_ == nullptr || io_->buffer == nullptr) {
        throw std::bad_alloc();
    }
}

FileHead::~FileHead() {
    av_freep(&io_->buffer);
    avio_context_free(&io_);
}

base::Result<Input> FileHead::open() {
    AVFormatContext* input = avformat_alloc_context();
    if (input == nullptr) {
        throw std::bad_alloc();
    }
    input->pb = io_;
    input->flags |= AVFMT_FLAG_NOPARSE | AVFMT_FLAG_NOFILLIN; // times as the file has them
    const int code = avformat_open_input(&input, "", av_find_input_format("mp4"), nullptr);
    if (code < 0) { // has freed it
        return base::fail(base::Problem::Unprocessable, avError("it is no MP4", code).message);
    }
    return Input(input);
}

int FileHead::read(void* self, std::uint8_t* buffer, int size) noexcept {
    auto* head = static_cast<FileHead*>(self);
    const auto most = std::min<std::int64_t>(size, head->length_ - head->position_);
    if (most <= 0) {
        return AVERROR_EOF;
    }
    const ssize_t got = pread(head->fd_, buffer, static_cast<std::size_t>(most), head->position_);
    if (got <= 0) {
        return got == 0 ? AVERROR_EOF : AVERROR(errno);
    }
    head->position_ += got;
    return static_cast<int>(got);
}

std::int64_t FileHead::seek(void* self, std::int64_t offset, int whence) noexcept {
    auto* head = static_cast<FileHead*>(self);
    switch (whence & ~AVSEEK_FORCE) {
    case AVSEEK_SIZE:
        return head->length_;
    case SEEK_CUR:
        offset += head->position_;
        break;
    case SEEK_END:
        offset += head->length_;
        break;
    default:
        break;
    }
    if (offset < 0) {
        return AVERROR(EINVAL);
    }
    head->position_ = offset;
    return offset;
}

} // namespace finish
