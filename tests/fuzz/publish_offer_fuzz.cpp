#include "sdp/negotiation.h"
#include "sdp/text.h"

#include <cstdint>
#include <cstdlib>

// An offer is refused with a reason that can be shown, or what the peer sees asks for the same.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const auto offer = sdp::PublishOffer::parse({reinterpret_cast<const char*>(data), size});
    if (!offer) {
        const std::string& reason = offer.error().reason;
        if (reason.empty() || reason.size() > 1000 || !sdp::isPlainText(reason))
            std::abort();
        return 0;
    }
    const std::string text = sdp::offerForPeer(*offer).print();
    const auto again = sdp::PublishOffer::parse(text);
    if (!again || sdp::offerForPeer(*again).print() != text)
        std::abort();
    return 0;
}
