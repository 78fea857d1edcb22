#include "sdp/session_description.h"

#include <cstdint>
#include <cstdlib>

// What is parsed prints, and what is printed parses to the same.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const auto description =
        sdp::SessionDescription::parse({reinterpret_cast<const char*>(data), size});
    if (!description)
        return description.error().reason.empty() ? std::abort(), 0 : 0;
    const std::string text = description->print();
    const auto again = sdp::SessionDescription::parse(text);
    if (text.size() > sdp::SessionDescription::kMaxBytes)
        return 0; // CRLF for LF made it longer than what is read
    if (!again || again->print() != text)
        std::abort();
    return 0;
}
