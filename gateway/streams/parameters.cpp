#include "gateway/streams/parameters.h"

#include "pipelines/base/hex.h"
#include "pipelines/base/unique.h"

#include <glib.h>

namespace streams {

namespace {

sdp::Bytes fromBase64(const std::string& text) {
    gsize size = 0;
    const std::unique_ptr<guchar, base::GFree> bytes(g_base64_decode(text.c_str(), &size));
    return {bytes.get(), bytes.get() + size};
}

} // namespace

base::Result<Parameters> Parameters::read(const control::Live& live) {
    Parameters result{fromBase64(live.video.sps),
                      fromBase64(live.video.pps),
                      base::fromHex(live.audio.config).value_or(sdp::Bytes()),
                      {},
                      {}};
    const auto video = sdp::avcCodec(result.sps);
    const auto audio = sdp::aacCodec(result.audioConfig);
    if (!video || !audio || result.pps.empty() || live.video.size.width <= 0 ||
        live.video.size.height <= 0) {
        return base::fail(base::Problem::Malformed, "the parameters of its streams are not valid");
    }
    result.videoCodec = *video;
    result.audioCodec = *audio;
    return result;
}

} // namespace streams
