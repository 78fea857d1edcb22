#include "sdp/negotiation.h"

#include <cstdint>
#include <cstdlib>

namespace {

sdp::PublishOffer smallestOffer() {
    sdp::PublishOffer offer;
    offer.video.mid = "0";
    offer.video.payloadType = 96;
    offer.video.protocol = "UDP/TLS/RTP/SAVPF";
    return offer;
}

} // namespace

// The media process is not trusted either: it reads what peers send.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    static const sdp::PublishOffer offer = smallestOffer();
    const auto answer = sdp::SessionDescription::parse({reinterpret_cast<const char*>(data), size});
    if (!answer)
        return 0;
    const auto finished = sdp::finishAnswer(*answer, offer, {.startBitrate = 1500});
    if (finished && !sdp::SessionDescription::parse(finished->print()))
        std::abort();
    return 0;
}
