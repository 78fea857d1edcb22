#include "gateway/hls/rates.h"

#include <algorithm>

namespace hls {

namespace {

base::Bitrate rateOf(std::int64_t bytes, base::Nanoseconds duration) {
    const double seconds = std::chrono::duration<double>(duration).count();
    return base::Bitrate{static_cast<std::int64_t>(static_cast<double>(bytes) * 8 / seconds)};
}

} // namespace

void Rates::add(base::Nanoseconds duration, std::int64_t bytes) {
    duration_ += duration;
    bytes_ += bytes;
    recent_.push_front(Part{duration, bytes});

    Part sum;
    std::size_t used = 0;
    for (const Part& part : recent_) {
        if (used > 0 && (sum.duration + part.duration) * 2 > target_ * 3) {
            break;
        }
        sum.duration += part.duration;
        sum.bytes += part.bytes;
        ++used;
        if (sum.duration * 2 >= target_) {
            peak_ = std::max(peak_, rateOf(sum.bytes, sum.duration));
        }
    }
    recent_.resize(used);
}

base::Bitrate Rates::average() const {
    return duration_ > base::Nanoseconds{} ? rateOf(bytes_, duration_) : base::Bitrate{};
}

} // namespace hls
