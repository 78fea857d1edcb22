#include "gateway/streams/parameters.h"

#include "pipelines/base/unique.h"

#include <glib.h>

namespace streams {

namespace {

sdp::Bytes fromBase64(const std::string& text) {
    gsize size = 0;
    const std::unique_ptr<guchar, base::GFree> bytes(g_base64_decode(text.c_str(), &size));
    return {bytes.get(), bytes.get() + size};
}

sdp::Bytes fromHexadecimal(const std::string& text) {
    sdp::Bytes bytes;
    for (std::size_t i = 0; i + 1 < text.size(); i += 2) {
        const int high = g_ascii_xdigit_value(text[i]);
        const int low = g_ascii_xdigit_value(text[i + 1]);
        if (high < 0 || low < 0) {
            return {};
        }
        bytes.push_back(static_cast<std::uint8_t>(high * 16 + low));
    }
    return bytes;
}

} // namespace

base::Result<Parameters> Parameters::read(const control::Live& live) {
    Parameters result{fromBase64(live.video.sps),
                      fromBase64(live.video.pps),
                      fromHexadecimal(live.audio.config),
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
