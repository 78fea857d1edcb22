#include "gateway/http/file_pump.h"

#include "gateway/http/offload.h"
#include "gateway/http/socket_writer.h"

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <fcntl.h>
#include <sys/stat.h>

namespace http {

using base::Problem;

namespace {

/// Large enough that the hop between threads does not count, small enough for a thousand clients.
constexpr std::int64_t kChunk = 256 * 1024;

struct Opened {
    base::UniqueFd file;
    base::Result<FileFacts> facts = FileFacts{};
};

std::string etagOf(const struct stat& facts) {
    return "\"" + std::to_string(facts.st_ino) + "-" + std::to_string(facts.st_size) + "-" +
           std::to_string(facts.st_mtim.tv_sec) + "." + std::to_string(facts.st_mtim.tv_nsec) +
           "\"";
}

/// On another thread. Not blocking on a FIFO that somebody put there, nor led elsewhere by a link.
void openNow(const FileBody& wanted, Opened& opened) {
    opened.file =
        base::UniqueFd(::open(wanted.path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOFOLLOW));
    struct stat facts {};
    if (!opened.file || ::fstat(opened.file.get(), &facts) != 0) {
        const int reason = errno;
        const bool missing = reason == ENOENT || reason == ENOTDIR || reason == ELOOP;
        opened.facts =
            base::fail(missing ? Problem::NotFound : Problem::Internal,
                       missing ? "This file is gone"
                               : std::string("Cannot open the file: ") + std::strerror(reason));
        return;
    }
    if (!S_ISREG(facts.st_mode)) {
        opened.facts = base::fail(Problem::NotFound, "There is no such file");
        return;
    }
    const std::int64_t size = std::min(facts.st_size, wanted.length.value_or(facts.st_size));
    opened.facts =
        FileFacts{size, facts.st_mtim.tv_sec, wanted.etag.empty() ? etagOf(facts) : wanted.etag};
}

} // namespace

struct FilePump::Chunk {
    std::shared_ptr<base::UniqueFd> file;
    std::int64_t offset;
    std::string bytes; ///< of the length asked for; shorter afterwards when the file is
};

std::shared_ptr<FilePump> FilePump::open(const FileBody& file, OnOpened onOpened) {
    const std::shared_ptr<FilePump> pump(new FilePump);
    const auto opened = std::make_shared<Opened>();
    offload([file, opened] { openNow(file, *opened); },
            [weak = pump->weak_from_this(), opened, onOpened = std::move(onOpened)] {
                if (const auto self = weak.lock()) {
                    self->file_ = std::make_shared<base::UniqueFd>(std::move(opened->file));
                    onOpened(std::move(opened->facts));
                }
            });
    return pump;
}

void FilePump::send(const FilePlan& plan, SocketWriter& writer) {
    offset_ = plan.offset;
    left_ = plan.length;
    writer_ = &writer;
    more();
}

void FilePump::more() {
    if (!writer_ || reading_) {
        return;
    }
    if (left_ == 0) {
        writer_->finish();
        return;
    }
    reading_ = true;
    const auto chunk = std::make_shared<Chunk>();
    chunk->file = file_;
    chunk->offset = offset_;
    const auto length = static_cast<std::size_t>(std::min(left_, kChunk));
    offload(
        [chunk, length] {
            chunk->bytes.resize(length);
            const ssize_t got =
                ::pread(chunk->file->get(), chunk->bytes.data(), length, chunk->offset);
            chunk->bytes.resize(got > 0 ? static_cast<std::size_t>(got) : 0);
        },
        [weak = weak_from_this(), chunk] {
            if (const auto self = weak.lock()) {
                self->took(*chunk);
            }
        });
}

void FilePump::took(Chunk& chunk) {
    reading_ = false;
    if (chunk.bytes.empty()) {
        writer_->abandon(); // shorter than promised: only breaking off tells the client
        return;
    }
    offset_ += static_cast<std::int64_t>(chunk.bytes.size());
    left_ -= static_cast<std::int64_t>(chunk.bytes.size());
    writer_->write(std::move(chunk.bytes));
}

} // namespace http
