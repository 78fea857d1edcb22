#pragma once

#include "pipelines/gst/ref.h"

#include <cstdint>
#include <span>

namespace gst {

/// A buffer's bytes, readable while this lives; empty when they can't be mapped. Reentrant.
class Mapped {
public:
    explicit Mapped(GstBuffer* buffer) : buffer_(Ref<GstBuffer>::retain(buffer)) {
        mapped_ = gst_buffer_map(buffer, &map_, GST_MAP_READ) == TRUE;
    }
    Mapped(const Mapped&) = delete;
    Mapped& operator=(const Mapped&) = delete;
    ~Mapped() {
        if (mapped_) {
            gst_buffer_unmap(buffer_.get(), &map_);
        }
    }

    [[nodiscard]] std::span<const std::uint8_t> bytes() const {
        return mapped_ ? std::span<const std::uint8_t>(map_.data, map_.size)
                       : std::span<const std::uint8_t>();
    }

private:
    Ref<GstBuffer> buffer_;
    GstMapInfo map_{};
    bool mapped_ = false;
};

} // namespace gst
