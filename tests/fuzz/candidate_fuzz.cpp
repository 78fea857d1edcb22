#include "sdp/candidate.h"

#include <cstdint>
#include <cstdlib>

// What is parsed prints, and what is printed parses to the same.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const auto candidate = sdp::Candidate::parse({reinterpret_cast<const char*>(data), size});
    if (!candidate)
        return 0;
    const auto again = sdp::Candidate::parse(candidate->print());
    if (!again || again->print() != candidate->print() ||
        again->isUsable() != candidate->isUsable())
        std::abort();
    return 0;
}
