#include "pipelines/outputs/ts_muxer.h"

#include "pipelines/gst/mapped.h"
#include "pipelines/outputs/caps.h"

extern "C" {
#include <libavformat/avformat.h>
}

namespace outputs {

using base::fail;
using base::Result;

namespace {

constexpr std::size_t kAdtsHeader = 7;
constexpr std::size_t kLongestAdtsFrame = 0x1fff;

/// How far the clock (PCR) runs before the time stamps is twice this: room for audio that comes
/// after its video, as a muxer without delay hands it on.
constexpr int kMuxDelay = 60'000; // microseconds

/// ISO 13818-7, 6.2.1, with the length left open.
std::vector<std::uint8_t> adtsHeader(const AvMuxer::Audio& audio) {
    const int objectType = audio.configuration[0] >> 3;
    const int rateIndex = (audio.configuration[0] & 7) << 1 | audio.configuration[1] >> 7;
    const int channels = audio.configuration[1] >> 3 & 0xf;
    const auto byte = [](int value) { return static_cast<std::uint8_t>(value); };
    return {0xff,
            0xf1,
            byte((objectType - 1) << 6 | rateIndex << 2 | channels >> 2),
            byte((channels & 3) << 6),
            0,
            0x1f,
            0xfc};
}

} // namespace

Result<std::unique_ptr<TsMuxer>> TsMuxer::make(const fanout::Format& format) {
    auto description = audioOf(format);
    if (!description) {
        return fail(description.error());
    }
    std::unique_ptr<TsMuxer> ts(new TsMuxer);
    auto muxer = AvMuxer::make("mpegts", [ts = ts.get()](std::span<const std::uint8_t> bytes) {
        ts->out_->insert(ts->out_->end(), bytes.begin(), bytes.end());
        return 0;
    });
    if (!muxer) {
        return fail(muxer.error());
    }
    ts->muxer_ = std::move(*muxer);
    ts->adts_ = adtsHeader(*description);
    ts->video_ = ts->muxer_->addVideo({frameSizeOf(format), {}});
    ts->audio_ = ts->muxer_->addAudio({description->rate, description->channels, {}});
    ts->muxer_->setMetadata("service_provider", "Spillway");
    ts->muxer_->setMetadata("service_name", "Spillway");
    ts->muxer_->context()->max_delay = kMuxDelay;
    std::vector<std::uint8_t> header; // the muxer writes its tables with the first unit
    ts->out_ = &header;
    // Each audio frame in a PES packet of its own: grouping them would hold them back.
    if (auto written = ts->muxer_->writeHeader({{"pcr_period", "40"}, {"pes_payload_size", "0"}});
        !written) {
        return fail(written.error());
    }
    return ts;
}

std::span<const std::uint8_t> TsMuxer::withAdtsHeader(std::span<const std::uint8_t> frame) {
    const std::size_t length = kAdtsHeader + frame.size();
    adts_.resize(kAdtsHeader);
    adts_[3] = static_cast<std::uint8_t>((adts_[3] & 0xc0) | length >> 11);
    adts_[4] = static_cast<std::uint8_t>(length >> 3);
    adts_[5] = static_cast<std::uint8_t>(length << 5 | 0x1f);
    adts_.insert(adts_.end(), frame.begin(), frame.end());
    return adts_;
}

Result<void> TsMuxer::write(const fanout::AccessUnit& unit, std::vector<std::uint8_t>& out) {
    const gst::Mapped mapped(unit.data.get());
    const bool video = unit.media == fanout::Media::Video;
    if (mapped.bytes().empty() ||
        (!video && mapped.bytes().size() > kLongestAdtsFrame - kAdtsHeader)) {
        return {};
    }
    if (unit.keyFrame) {
        if (auto set = muxer_->setOption("mpegts_flags", "+resend_headers"); !set) {
            return set;
        }
    }
    out_ = &out;
    auto written = muxer_->write({video ? video_ : audio_,
                                  video ? mapped.bytes() : withAdtsHeader(mapped.bytes()),
                                  unit.time, unit.duration, unit.keyFrame || !video});
    if (written) {
        avio_flush(muxer_->context()->pb);
    }
    return written;
}

} // namespace outputs
