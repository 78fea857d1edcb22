#pragma once

#include "gateway/http/file_plan.h"
#include "gateway/http/reply.h"
#include "pipelines/base/result.h"
#include "pipelines/base/unique.h"

#include <functional>
#include <memory>

namespace http {

class SocketWriter;

/// One file on its way to one client, a chunk at a time; the disk is touched only on other threads.
/// Owned by the connection. Thread-bound.
class FilePump : public std::enable_shared_from_this<FilePump> {
public:
    using OnOpened = std::function<void(base::Result<FileFacts>)>;

    /// NotFound for what is missing or no ordinary file. Nothing is called back once the pump is
    /// gone.
    static std::shared_ptr<FilePump> open(const FileBody& file, OnOpened onOpened);

    /// Sends that part, then finishes the writer, which must outlive the pump. more() goes on
    /// whenever the writer has room.
    void send(const FilePlan& plan, SocketWriter& writer);
    void more();

private:
    FilePump() = default;

    struct Chunk;
    void took(Chunk& chunk);

    std::shared_ptr<base::UniqueFd> file_; ///< shared with the read under way
    std::int64_t offset_ = 0;
    std::int64_t left_ = 0;
    SocketWriter* writer_ = nullptr;
    bool reading_ = false;
};

} // namespace http
