#include "sdp/text.h"
#include "sdp/trickle_fragment.h"

#include <cstdint>
#include <cstdlib>

// A fragment names a mid for all that is in it, or it is refused with a reason.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const auto fragment = sdp::TrickleFragment::parse({reinterpret_cast<const char*>(data), size});
    if (!fragment)
        return sdp::isPlainText(fragment.error().reason) ? 0 : (std::abort(), 0);
    for (const sdp::TrickledMedia& media : fragment->media)
        if (media.mid.empty())
            std::abort();
    return 0;
}
