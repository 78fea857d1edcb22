#include "sdp/data_offer.h"
#include "sdp/text.h"

#include <cstdint>
#include <cstdlib>

// An offer is refused with a reason that can be shown, or its answer is a description.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const auto offer = sdp::DataOffer::parse({reinterpret_cast<const char*>(data), size});
    if (!offer) {
        const std::string& reason = offer.error().reason;
        if (reason.empty() || reason.size() > 1000 || !sdp::isPlainText(reason))
            std::abort();
        return 0;
    }
    sdp::LiteAgent agent{"1", "abcd", "0123456789abcdef012345", "00", {}};
    agent.candidates = {*sdp::Candidate::parse("1 1 udp 1 192.0.2.1 9 typ host")};
    if (!sdp::SessionDescription::parse(sdp::answerTo(*offer, agent).print()))
        std::abort();
    return 0;
}
